import type { KeyWords } from '../backend.js'
import { argumentError } from '../errors.js'
import { threefry2x32 } from './threefry.js'

// The second counter word tells what is derived, so that numbers, splits and folds of one key never share a counter.
// 0 is taken by the numbers themselves (bits.ts).
const splitDomain = 0x01000000
const integerDomain = 0x02000000
const stringDomain = 0x03000000

/**
 * A splittable, counter-based random key: 64 bits from which streams of numbers and further keys are derived.
 * Immutable. The same key gives the same numbers on every backend and operating system; use a key once, and split it
 * or fold something into it for the next use.
 */
export class RandomKey {
  /** Two unsigned 32-bit words; they are all of the state. */
  readonly words: KeyWords

  constructor(words: KeyWords) {
    if ((words.length as number) !== 2)
      throw argumentError('RandomKey', `expected two words, got ${String(words.length)}`)
    for (const word of words) {
      if (!Number.isInteger(word) || word < 0 || word > 0xffffffff) {
        throw argumentError('RandomKey', `expected two unsigned 32-bit integers, got [${words.join(', ')}]`)
      }
    }
    this.words = Object.freeze([words[0], words[1]] as const)
    if (new.target === RandomKey) Object.freeze(this)
  }

  /**
   * `count` independent keys (default 2, at most 2³²): key i = threefry2x32(words, [i, 2²⁴]).
   * The first n keys of a longer split are the same as those of a shorter one.
   */
  split(count = 2): RandomKey[] {
    checkSplit(count)
    return Array.from({ length: count }, (_, i) => new RandomKey(splitWords(this.words, i)))
  }

  /**
   * A key for one piece of data: a step number, a worker, a name. Integers 0 … 2⁵³ − 1 or any string; different data
   * give independent keys, a number and its decimal text included.
   *
   * Integers: threefry2x32(words, [low 32 bits, 2·2²⁴ + high 21 bits]). Strings: UTF-8 bytes, zero-padded to eight,
   * absorbed as little-endian word pairs: k ← threefry2x32(words, [byte count, 3·2²⁴]), then k ← threefry2x32(k, pair).
   */
  foldIn(data: number | string): RandomKey {
    return new RandomKey(foldWords(this.words, data))
  }

  toString(): string {
    return `RandomKey(${this.words.map((word) => `0x${word.toString(16).padStart(8, '0')}`).join(', ')})`
  }
}

/** Throws unless a key can be split into so many. */
export function checkSplit(count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > 0x100000000)
    throw argumentError('RandomKey.split', `expected a count from 0 to 2³², got ${count}`)
}

/** Words of key `i` of a split. */
export function splitWords(words: KeyWords, i: number): KeyWords {
  return threefry2x32(words, [i, splitDomain])
}

/** Words of the key that `foldIn(data)` gives. */
export function foldWords(words: KeyWords, data: number | string): KeyWords {
  if (typeof data === 'string') return foldString(words, data)
  if (!Number.isSafeInteger(data) || data < 0) {
    throw argumentError('RandomKey.foldIn', `expected a string or an integer from 0 to 2⁵³ − 1, got ${String(data)}`, {
      help: 'fold in a string for anything else, for instance key.foldIn(`learning-rate ${x}`)',
    })
  }
  return threefry2x32(words, [data >>> 0, integerDomain + Math.floor(data / 0x100000000)])
}

function foldString(key: KeyWords, text: string): KeyWords {
  const bytes = new TextEncoder().encode(text)
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8)
  padded.set(bytes)
  const view = new DataView(padded.buffer)
  let words: KeyWords = threefry2x32(key, [bytes.length, stringDomain])
  for (let at = 0; at < padded.length; at += 8) {
    words = threefry2x32(words, [view.getUint32(at, true), view.getUint32(at + 4, true)])
  }
  return words
}

/**
 * The key of a seed, an integer from 0 to 2⁵³ − 1; different seeds give different keys.
 * Its words are [high 21 bits, low 32 bits], as in JAX.
 */
export function randomKey(seed: number): RandomKey {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw argumentError('randomKey', `expected an integer seed from 0 to 2⁵³ − 1, got ${String(seed)}`)
  }
  return new RandomKey([Math.floor(seed / 0x100000000), seed >>> 0])
}
