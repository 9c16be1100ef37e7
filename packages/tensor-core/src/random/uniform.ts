import type { KeyWords } from '../backend.js'
import { fillRandomBits } from './bits.js'

/**
 * Fills `out` with numbers uniform in [0, 1); this is the definition of the primitive `randomUniform`.
 *
 *     element i = (randomBits i as unsigned >> 8) / 2²⁴
 *
 * Every value is a multiple of 2⁻²⁴ and exact in float32, so 1 is never reached by rounding. `start` as in
 * `fillRandomBits`.
 */
export function fillRandomUniform(
  key: { readonly words: KeyWords } | KeyWords,
  out: Float32Array,
  start = 0,
): Float32Array {
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length) // same memory: each word is read, then replaced
  fillRandomBits(key, bits, start)
  for (let i = 0; i < out.length; i += 1) out[i] = ((bits[i] as number) >>> 8) / 16777216
  return out
}
