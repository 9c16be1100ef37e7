import type { KeyWords } from '../backend.js'

const parity = 0x1bd11bda

/**
 * Threefry-2x32 with 20 rounds: encrypts the two-word counter with the two-word key.
 *
 * All words are unsigned 32-bit integers. For one key it is a bijection of counters, so different counters never
 * give the same pair of words.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); identical to
 * Random123's `threefry2x32` and to JAX's `threefry2x32`.
 */
export function threefry2x32(key: KeyWords, counter: KeyWords): [number, number] {
  const out = new Int32Array(2)
  encryptInto(out, 0, key[0] | 0, key[1] | 0, counter[0] | 0, counter[1] | 0)
  return [(out[0] as number) >>> 0, (out[1] as number) >>> 0]
}

/** Writes both words of Threefry-2x32-20 to `out[at]` and `out[at + 1]`; arguments are 32-bit integers. */
export function encryptInto(
  out: Int32Array,
  at: number,
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): void {
  const key2 = key0 ^ key1 ^ parity
  let a = (counter0 + key0) | 0
  let b = (counter1 + key1) | 0

  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + key1) | 0
  b = (b + key2 + 1) | 0

  a = (a + b) | 0
  b = ((b << 17) | (b >>> 15)) ^ a
  a = (a + b) | 0
  b = ((b << 29) | (b >>> 3)) ^ a
  a = (a + b) | 0
  b = ((b << 16) | (b >>> 16)) ^ a
  a = (a + b) | 0
  b = ((b << 24) | (b >>> 8)) ^ a
  a = (a + key2) | 0
  b = (b + key0 + 2) | 0

  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + key0) | 0
  b = (b + key1 + 3) | 0

  a = (a + b) | 0
  b = ((b << 17) | (b >>> 15)) ^ a
  a = (a + b) | 0
  b = ((b << 29) | (b >>> 3)) ^ a
  a = (a + b) | 0
  b = ((b << 16) | (b >>> 16)) ^ a
  a = (a + b) | 0
  b = ((b << 24) | (b >>> 8)) ^ a
  a = (a + key1) | 0
  b = (b + key2 + 4) | 0

  a = (a + b) | 0
  b = ((b << 13) | (b >>> 19)) ^ a
  a = (a + b) | 0
  b = ((b << 15) | (b >>> 17)) ^ a
  a = (a + b) | 0
  b = ((b << 26) | (b >>> 6)) ^ a
  a = (a + b) | 0
  b = ((b << 6) | (b >>> 26)) ^ a
  a = (a + key2) | 0
  b = (b + key0 + 5) | 0

  out[at] = a
  out[at + 1] = b
}
