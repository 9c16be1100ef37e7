/**
 * Byte-level byte-pair encoding, learned from text: Sennrich, Haddow & Birch 2016 (algorithm 1) over
 * the bytes of UTF-8 as in Radford et al. 2019.
 *
 * Pairs are counted once over the distinct pieces; each merge then visits only the pieces that hold
 * its pair (inverted index), and a queue of candidates with lazily refreshed counts yields the next.
 * The order of merges is that of Hugging Face's BpeTrainer with `initial_alphabet =
 * ByteLevel.alphabet()`: the most frequent pair, among equals the smaller ids. Like there, a merge that
 * spells an existing token reuses its id, and counts of merged pairs are kept.
 *
 * Deviations: the alphabet is always all 256 bytes, so that any text can be encoded.
 */
import { byteCharacters, bytesInAlphabetOrder, writeUtf8 } from './byte-alphabet.js'
import { countPieces, type PieceCounts } from './count-pieces.js'
import { MergeQueue, type MergeCandidate } from './merge-queue.js'
import { PairTable } from './pair-table.js'
import { createPreTokenizer, type PreTokenizer } from './pre-tokenizer.js'
import { Tokenizer } from './tokenizer.js'
import { TokenizerError } from './tokenizer-error.js'

/** Where training is: reading texts, then merging pairs. */
export type TrainingProgress =
  | { readonly phase: 'read'; readonly texts: number; readonly characters: number }
  | { readonly phase: 'merge'; readonly done: number; readonly total: number }

export interface TrainBytePairEncodingOptions {
  /** The text to learn from; only the distinct pieces stay in memory. */
  readonly texts: Iterable<string>
  /** Number of ids wanted: special tokens + 256 bytes + merges. */
  readonly vocabularySize: number
  /** Pairs seen less often than this are not merged. Default 2. */
  readonly minimumFrequency?: number
  /** Tokens such as `<|endoftext|>`, which get the first ids and are never split. Default none. */
  readonly specialTokens?: readonly string[]
  /** How text is cut before merging. Default `'gpt2'`. */
  readonly preTokenizer?: PreTokenizer
  /** Called after each text and every 64 merges. */
  readonly onProgress?: (progress: TrainingProgress) => void
  /** Stops training with the signal's reason. */
  readonly signal?: AbortSignal
}

/**
 * Learns a byte-level byte-pair encoding and returns its tokenizer.
 *
 * Ids: special tokens first, then the 256 bytes in alphabet order, then merges as learned. The
 * vocabulary comes out smaller than asked for when the text has no more pair of `minimumFrequency`.
 * A special token inside `texts` is read as ordinary text.
 *
 * Throws `TokenizerError`: `empty-text` when there is nothing to learn from, `invalid-option` for a
 * vocabulary below special tokens + 256, a bad frequency, or bad special tokens.
 */
export function trainBytePairEncoding(options: TrainBytePairEncodingOptions): Tokenizer {
  const {
    vocabularySize,
    minimumFrequency = 2,
    specialTokens = [],
    preTokenizer = 'gpt2',
    onProgress,
    signal,
  } = options
  checkOptions(vocabularySize, minimumFrequency, specialTokens)
  signal?.throwIfAborted()
  let characters = 0
  const counted = countPieces(options.texts, createPreTokenizer(preTokenizer), (text, texts) => {
    signal?.throwIfAborted()
    onProgress?.({ phase: 'read', texts, characters: (characters += text.length) })
  })
  if (counted.pieces.length === 0) {
    throw new TokenizerError(
      'empty-text',
      `texts: expected at least one text that is not empty, got ${counted.texts} ${counted.texts === 1 ? 'text' : 'texts'} of 0 characters.`,
      { texts: counted.texts },
    )
  }
  const vocabulary = [...specialTokens, ...bytesInAlphabetOrder.map((byte) => byteCharacters[byte] as string)]
  const merges = learnMerges(counted, vocabulary, specialTokens.length, vocabularySize, minimumFrequency, (done) => {
    signal?.throwIfAborted()
    onProgress?.({ phase: 'merge', done, total: vocabularySize - specialTokens.length - 256 })
  })
  return new Tokenizer({
    vocabulary,
    merges,
    preTokenizer,
    addedTokens: specialTokens.map((content, id) => ({ id, content, special: true })),
  })
}

/** Appends the learned tokens to `vocabulary` and returns the merges as pairs of ids, in order. */
function learnMerges(
  counted: PieceCounts,
  vocabulary: string[],
  firstByteId: number,
  vocabularySize: number,
  minimumFrequency: number,
  onMerge: (done: number) => void,
): [left: number, right: number][] {
  const words = splitIntoBytes(counted, firstByteId)
  const pairs = new PairTable(1 << 16)
  const countOf: number[] = [] // by index in `pairs`
  const idOf = new Map(vocabulary.map((token, id) => [token, id]))
  const queue = new MergeQueue()
  const merges = new Map<number, [left: number, right: number]>() // by index in `pairs`, in order

  // Pairs that got new occurrences since the last call of `enqueue`, and the words these are in.
  let touched: number[] = []
  const seenIn: (number[] | undefined)[] = []
  const change = (left: number, right: number, amount: number, word: number): void => {
    const pair = pairs.add(left, right)
    countOf[pair] = (countOf[pair] ?? 0) + amount
    if (amount < 0) return
    const seen = seenIn[pair]
    if (seen === undefined) {
      seenIn[pair] = [word]
      touched.push(pair)
    } else if (seen[seen.length - 1] !== word) {
      seen.push(word)
    }
  }
  const enqueue = (): void => {
    for (const pair of touched) {
      const count = countOf[pair] as number
      if (count > 0) {
        queue.push({
          left: pairs.leftOf(pair),
          right: pairs.rightOf(pair),
          pair,
          count,
          words: seenIn[pair] as number[],
        })
      }
      seenIn[pair] = undefined
    }
    touched = []
  }

  for (let word = 0; word < words.count.length; word++) {
    const start = words.start[word] as number
    for (let index = start + 1; index < start + (words.length[word] as number); index++) {
      change(words.symbols[index - 1] as number, words.symbols[index] as number, words.count[word] as number, word)
    }
  }
  enqueue()

  while (vocabulary.length < vocabularySize) {
    const best = popBest(queue, countOf)
    if (best === undefined || best.count < Math.max(1, minimumFrequency)) break
    const token = (vocabulary[best.left] as string) + (vocabulary[best.right] as string)
    let id = idOf.get(token)
    if (id === undefined) {
      id = vocabulary.push(token) - 1
      idOf.set(token, id)
    }
    merges.delete(best.pair) // a pair that is merged again counts where it comes last
    merges.set(best.pair, [best.left, best.right])
    for (const word of best.words) mergeInWord(words, word, best, id, change)
    enqueue()
    if (merges.size % 64 === 0) onMerge(merges.size)
  }
  onMerge(merges.size)
  return [...merges.values()]
}

/** The candidate with the highest up-to-date count; queued counts are refreshed only when they surface. */
function popBest(queue: MergeQueue, countOf: readonly number[]): MergeCandidate | undefined {
  for (;;) {
    const top = queue.pop()
    if (top === undefined) return undefined
    const count = countOf[top.pair] as number
    if (top.count === count) return top
    top.count = count
    queue.push(top)
  }
}

interface Words {
  /** The token ids of all words, one after the other. */
  readonly symbols: Int32Array
  readonly start: Int32Array
  readonly length: Int32Array
  readonly count: Float64Array
}

function splitIntoBytes({ pieces, counts }: PieceCounts, firstByteId: number): Words {
  const idOfByte = new Int32Array(256)
  bytesInAlphabetOrder.forEach((byte, index) => (idOfByte[byte] = firstByteId + index))
  const start = new Int32Array(pieces.length)
  const length = new Int32Array(pieces.length)
  const units = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const symbols = new Int32Array(units * 3)
  let end = 0
  pieces.forEach((piece, word) => {
    start[word] = end
    const written = writeUtf8(piece, 0, piece.length, symbols.subarray(end))
    length[word] = written
    for (const stop = end + written; end < stop; end++) symbols[end] = idOfByte[symbols[end] as number] as number
  })
  return { symbols, start, length, count: Float64Array.from(counts) }
}

/** Replaces the pair by `id` in one word, left to right, and reports each pair that goes or comes. */
function mergeInWord(
  words: Words,
  word: number,
  { left, right }: MergeCandidate,
  id: number,
  change: (left: number, right: number, amount: number, word: number) => void,
): void {
  const { symbols } = words
  const start = words.start[word] as number
  const end = start + (words.length[word] as number)
  const count = words.count[word] as number
  let write = start
  for (let read = start; read < end; write++) {
    const symbol = symbols[read] as number
    if (symbol !== left || read + 1 >= end || symbols[read + 1] !== right) {
      symbols[write] = symbol
      read++
      continue
    }
    if (write > start) {
      const before = symbols[write - 1] as number
      change(before, left, -count, word)
      change(before, id, count, word)
    }
    if (read + 2 < end) {
      const after = symbols[read + 2] as number
      change(right, after, -count, word)
      change(id, after, count, word)
    }
    symbols[write] = id
    read += 2
  }
  words.length[word] = write - start
}

function checkOptions(vocabularySize: number, minimumFrequency: number, specialTokens: readonly string[]): void {
  const fail = (option: string, expected: string, value: unknown): never => {
    throw new TokenizerError('invalid-option', `${option}: expected ${expected}, got ${JSON.stringify(value)}.`, {
      option,
      value,
    })
  }
  if (!Number.isInteger(minimumFrequency) || minimumFrequency < 1) {
    fail('minimumFrequency', 'a whole number of at least 1', minimumFrequency)
  }
  for (const [index, token] of specialTokens.entries()) {
    if (typeof token !== 'string' || [...token].length < 2) {
      fail(
        `specialTokens[${index}]`,
        'a string of at least 2 characters (single ones belong to the byte alphabet)',
        token,
      )
    }
    if (specialTokens.indexOf(token) !== index)
      fail(`specialTokens[${index}]`, 'tokens that differ from each other', token)
  }
  const least = specialTokens.length + 256
  if (!Number.isInteger(vocabularySize) || vocabularySize < least) {
    fail(
      'vocabularySize',
      `a whole number of at least ${least} (256 bytes + ${specialTokens.length} special tokens)`,
      vocabularySize,
    )
  }
}
