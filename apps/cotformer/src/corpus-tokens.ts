import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { join } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import { Tokenizer, trainBytePairEncoding, type TrainingProgress } from '@lemanic/transformer'
import type { Corpus, CorpusDocument } from './corpus.js'

/** Stands after every document. */
export const endOfText = '<|endoftext|>'

const layout = 1 // raise when what is written, or how text becomes tokens, changes

/** Token ids of the documents in order, each followed by `endOfText`. */
interface TokenizedText {
  readonly tokens: Uint16Array | Int32Array
  /** UTF-8 bytes of the documents. */
  readonly bytes: number
  /** `bytes` over the number of tokens: bits per byte = loss in nats / ln 2 / bytesPerToken. */
  readonly bytesPerToken: number
}

export interface TokenizedCorpus {
  readonly tokenizer: Tokenizer
  readonly training: TokenizedText
  readonly validation: TokenizedText
  /** Whether it was read from the cache. */
  readonly fromCache: boolean
}

export interface TokenizeCorpusOptions {
  readonly corpus: Corpus
  /** Ids wanted, at least 257: 256 bytes, `endOfText`, merges. */
  readonly vocabularySize: number
  /** Where the result is kept for the next run. */
  readonly cacheFolder: string
  readonly onProgress?: (progress: TrainingProgress) => void
  readonly signal?: AbortSignal
}

/**
 * Learns a byte-level BPE from the training text alone, encodes both parts, and keeps the result in
 * `cacheFolder/tokens-<hash>`: the hash covers the text, the split, the vocabulary and the layout, so
 * that a cache never answers for another corpus. Many processes may do so at once: each writes a folder
 * of its own and moves it into place. A cache that is damaged is made anew.
 *
 * Tokens are Uint16Array up to 65,536 ids, else Int32Array. Throws what `trainBytePairEncoding` throws,
 * and `LemanicError` (`cache-not-writable`) when `cacheFolder` cannot be written.
 */
export async function tokenizeCorpus(options: TokenizeCorpusOptions): Promise<TokenizedCorpus> {
  const { corpus, vocabularySize, cacheFolder, onProgress, signal } = options
  const key = createHash('sha256')
    .update(JSON.stringify({ layout, corpus: corpus.hash, vocabularySize, endOfText, endianness: endianness() }))
    .digest('hex')
    .slice(0, 24)
  const folder = join(cacheFolder, `tokens-${key}`)
  const cached = await readCache(folder)
  if (cached !== undefined) return cached

  const tokenizer = trainBytePairEncoding({
    texts: corpus.training.map(({ text }) => text),
    vocabularySize,
    specialTokens: [endOfText],
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  })
  const result: TokenizedCorpus = {
    tokenizer,
    training: tokenize(tokenizer, corpus.training),
    validation: tokenize(tokenizer, corpus.validation),
    fromCache: false,
  }
  signal?.throwIfAborted()
  await writeCache(folder, result)
  return result
}

function tokenize(tokenizer: Tokenizer, documents: readonly CorpusDocument[]): TokenizedText {
  const end = tokenizer.idOf(endOfText) as number
  // The text of strangers cannot hold an end: what looks like one is encoded as ordinary text.
  const parts = documents.map(({ text }) => tokenizer.encode(text, { allowedSpecial: 'none' }))
  const length = parts.reduce((sum, part) => sum + part.length + 1, 0)
  const tokens = tokenizer.vocabularySize <= 65536 ? new Uint16Array(length) : new Int32Array(length)
  let position = 0
  for (const part of parts) {
    tokens.set(part, position)
    position += part.length
    tokens[position++] = end
  }
  const bytes = documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
  return { tokens, bytes, bytesPerToken: bytes / length }
}

interface Manifest {
  readonly width: 2 | 4
  readonly parts: Readonly<Record<'training' | 'validation', { readonly bytes: number; readonly sha256: string }>>
}

async function writeCache(folder: string, { tokenizer, training, validation }: TokenizedCorpus): Promise<void> {
  const partial = `${folder}.${randomUUID()}.partial`
  try {
    await mkdir(partial, { recursive: true })
    const write = async (part: 'training' | 'validation', { tokens, bytes }: TokenizedText) => {
      const content = Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength)
      await writeFile(join(partial, `${part}.bin`), content)
      return { bytes, sha256: sha256(content) }
    }
    const parts = { training: await write('training', training), validation: await write('validation', validation) }
    const manifest: Manifest = { width: training.tokens instanceof Uint16Array ? 2 : 4, parts }
    await writeFile(join(partial, 'tokenizer.json'), JSON.stringify(tokenizer))
    await writeFile(join(partial, 'manifest.json'), JSON.stringify(manifest))
    await rename(partial, folder).catch(async () => {
      // Another process was first, or what stands there was damaged.
      if ((await readCache(folder)) !== undefined) return
      await rm(folder, { recursive: true, force: true })
      await rename(partial, folder)
    })
  } catch (cause) {
    throw new LemanicError(
      'cache-not-writable',
      `${folder}: expected to write the tokenized text there, got: ${(cause as Error).message}`,
      {
        fields: { folder },
        help: 'give a cache folder that can be written',
        cause,
      },
    )
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** What the cache holds, or `undefined` when it is absent or not whole. */
async function readCache(folder: string): Promise<TokenizedCorpus | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest
    const tokenizer = Tokenizer.fromJSON(await readFile(join(folder, 'tokenizer.json'), 'utf8'))
    const read = async (part: 'training' | 'validation'): Promise<TokenizedText> => {
      const content = await readFile(join(folder, `${part}.bin`))
      if (sha256(content) !== manifest.parts[part].sha256) throw new Error(`${part}.bin is damaged`)
      const copy = Uint8Array.from(content).buffer
      const tokens = manifest.width === 2 ? new Uint16Array(copy) : new Int32Array(copy)
      const { bytes } = manifest.parts[part]
      return { tokens, bytes, bytesPerToken: bytes / tokens.length }
    }
    return { tokenizer, training: await read('training'), validation: await read('validation'), fromCache: true }
  } catch {
    return undefined
  }
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
