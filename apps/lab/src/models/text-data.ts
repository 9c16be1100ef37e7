import { createHash } from 'node:crypto'
import { LemanicError, tensor } from '@lemanic/tensor-core'
import { readTextFolder } from '@lemanic/data-curation'
import type { TextTokenizer, TrainingBatch } from '@lemanic/transformer'

/** Texts of a folder, in the order of their paths. */
export interface Texts {
  readonly texts: readonly string[]
  readonly bytes: number
  /** SHA-256 of names and texts: whether a training that goes on has the same data. */
  readonly digest: string
}

/** Reads the .txt and .md files of a folder; throws `empty-text` where they hold nothing. */
export async function readTexts(folder: string): Promise<Texts> {
  const hash = createHash('sha256')
  const texts: string[] = []
  let bytes = 0
  for await (const { id, text } of readTextFolder(folder)) {
    if (text.trim() === '') continue
    hash.update(JSON.stringify([id, text]))
    bytes += Buffer.byteLength(text)
    texts.push(text)
  }
  if (texts.length === 0) {
    throw new LemanicError('empty-text', `--data: expected text in the files below ${folder}, got only empty ones`, {
      fields: { folder },
      help: 'put plain text there as UTF-8, one text a file',
    })
  }
  return { texts, bytes, digest: hash.digest('hex') }
}

/** Token ids to learn from, and those held out. */
export interface TokenData {
  readonly training: Int32Array
  /** Chunks of context + 1 tokens, the last one shorter. */
  readonly validation: readonly Int32Array[]
  /** UTF-8 bytes of a held-out token, on average. */
  readonly bytesPerToken: number
}

/** Sequences of `context` tokens that training draws from; each begins where the one before ends. */
export function sequenceCount(tokens: ArrayLike<number>, context: number): number {
  return Math.floor((tokens.length - 1) / context)
}

/**
 * Texts as ids, each with its end: the first part of each to learn from, the last `share` held out. Throws
 * `too-little-text` where not one batch, or nothing to measure on, comes out.
 */
export function encodeTexts(
  texts: readonly string[],
  tokenizer: TextTokenizer,
  endToken: number | undefined,
  {
    validation: share,
    context,
    batch,
  }: { readonly validation: number; readonly context: number; readonly batch: number },
): TokenData {
  const [learned, held]: [Int32Array[], Int32Array[]] = [[], []]
  let bytes = 0
  for (const text of texts) {
    const ids = tokenizer.encode(text, { allowedSpecial: 'none', addSpecialTokens: false })
    const cut = Math.ceil(ids.length * (1 - share))
    learned.push(ids.subarray(0, cut))
    held.push(ids.subarray(cut))
    if (endToken !== undefined) held.push(Int32Array.of(endToken))
    if (endToken !== undefined) learned.push(Int32Array.of(endToken))
    bytes += Buffer.byteLength(tokenizer.decode(ids.subarray(cut)))
  }
  const [training, validation] = [joined(learned), joined(held)]
  const sequences = sequenceCount(training, context)
  if (sequences < batch || validation.length < 2) {
    throw new LemanicError(
      'too-little-text',
      `expected text for at least one batch of ${batch} sequences of ${context} tokens, got ${training.length} tokens to learn from and ${validation.length} held out`,
      { fields: { sequences, batch }, help: 'add text, or lower --batch, --context or --vocabulary' },
    )
  }
  const chunks: Int32Array[] = []
  for (let start = 0; start + 1 < validation.length; start += context)
    chunks.push(validation.subarray(start, start + context + 1))
  return { training, validation: chunks, bytesPerToken: bytes / validation.length }
}

/** The sequences with these numbers as a batch. */
export function batchOf(tokens: Int32Array, context: number, indices: Int32Array): TrainingBatch {
  const shape = [indices.length, context]
  const rows = (offset: number): Int32Array =>
    joined([...indices].map((index) => tokens.subarray(index * context + offset, (index + 1) * context + offset)))
  return { tokens: tensor(rows(0), shape), targets: tensor(rows(1), shape) }
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
