import type { KeyWords } from '../backend.js'
import { encryptInto } from './threefry.js'

/**
 * Fills `out` with random 32-bit words; this is the definition of the primitive `randomBits` for every backend.
 *
 *     element i = word (i mod 2) of threefry2x32(key, counter = [⌊i / 2⌋, 0])
 *
 * A kernel may compute any blocks in any order. The second counter word is 0 here and never 0 where keys are derived
 * (see key.ts), so numbers drawn from a key are independent of its split and folded children. `start` is the index of
 * the first element (default 0): `fillRandomBits(key, out, s)` gives elements s, s+1, … of the same endless stream.
 * Indices reach 2³³ − 1.
 */
export function fillRandomBits(key: { readonly words: KeyWords } | KeyWords, out: Int32Array, start = 0): Int32Array {
  const words = 'words' in key ? key.words : key
  const key0 = words[0] | 0
  const key1 = words[1] | 0
  const length = out.length
  const pair = new Int32Array(2)
  let i = 0
  if (start % 2 === 1 && length > 0) {
    encryptInto(pair, 0, key0, key1, Math.floor(start / 2) | 0, 0)
    out[0] = pair[1] as number
    i = 1
  }
  let block = Math.floor((start + i) / 2)
  for (; i + 1 < length; i += 2, block += 1) encryptInto(out, i, key0, key1, block | 0, 0)
  if (i < length) {
    encryptInto(pair, 0, key0, key1, block | 0, 0)
    out[i] = pair[0] as number
  }
  return out
}
