import type { KeyWords } from '../backend.js'
import { fillRandomBits } from './bits.js'

// AS 241, routine PPND16: Wichura, "The percentage points of the normal distribution", Applied Statistics 37 (1988).
// |q| ≤ 0.425: Φ⁻¹ = q · A(r) / B(r), r = 0.180625 − q².
const a0 = 3.387132872796366608
const a1 = 133.14166789178437745
const a2 = 1971.5909503065514427
const a3 = 13731.693765509461125
const a4 = 45921.953931549871457
const a5 = 67265.770927008700853
const a6 = 33430.575583588128105
const a7 = 2509.0809287301226727
const b1 = 42.313330701600911252
const b2 = 687.1870074920579083
const b3 = 5394.1960214247511077
const b4 = 21213.794301586595867
const b5 = 39307.89580009271061
const b6 = 28729.085735721942674
const b7 = 5226.495278852854561
// Else Φ⁻¹ = ± C(r) / D(r), r = √(−ln p) − 1.6, for p ≥ e⁻²⁵. Here p ≥ 2⁻³³ > e⁻²⁵: the third region is not needed.
const c0 = 1.42343711074968357734
const c1 = 4.6303378461565452959
const c2 = 5.7694972214606914055
const c3 = 3.64784832476320460504
const c4 = 1.27045825245236838258
const c5 = 0.24178072517745061177
const c6 = 0.0227238449892691845833
const c7 = 0.0007745450142783414076
const d1 = 2.05319162663775882187
const d2 = 1.6763848301838038494
const d3 = 0.68976733498510000455
const d4 = 0.14810397642748007459
const d5 = 0.0151986665636164571966
const d6 = 0.0005475938084995344946
const d7 = 0.00000000105075007164441684324

const ln2 = 0.6931471805599453094
const sqrt2 = 1.4142135623730950488

/**
 * Fills `out` with standard normal numbers; this is the definition of the primitive `randomNormal`.
 *
 *     element i = float32( standardNormalFromBits( randomBits i as unsigned ) )
 *
 * Values lie in [−6.34, 6.34]. `start` as in `fillRandomBits`.
 */
export function fillRandomNormal(
  key: { readonly words: KeyWords } | KeyWords,
  out: Float32Array,
  start = 0,
): Float32Array {
  const bits = new Int32Array(out.buffer, out.byteOffset, out.length) // same memory: each word is read, then replaced
  fillRandomBits(key, bits, start)
  for (let i = 0; i < out.length; i += 1) out[i] = standardNormalFromBits((bits[i] as number) >>> 0)
  return out
}

/**
 * Φ⁻¹((b + ½) / 2³²) for an unsigned 32-bit integer b, in float64, relative error about 1e-15.
 *
 * The arithmetic is part of the contract: only float64 +, −, ×, ÷ and √, each rounded once, in the order written, and
 * exact integer steps. A port compiled without contraction (`-ffp-contract=off`, no `-ffast-math`) and rounding the
 * result to float32 once agrees with this code bit for bit, whatever the machine's libm.
 */
export function standardNormalFromBits(b: number): number {
  // exact: q = (b + ½) / 2³² − ½
  const q = (b - 2147483647.5) / 4294967296
  if (q <= 0.425 && q >= -0.425) {
    const r = 0.180625 - q * q
    const numerator = ((((((a7 * r + a6) * r + a5) * r + a4) * r + a3) * r + a2) * r + a1) * r + a0
    const denominator = ((((((b7 * r + b6) * r + b5) * r + b4) * r + b3) * r + b2) * r + b1) * r + 1
    return (q * numerator) / denominator
  }
  // exact: tail probability p = k / 2³³ with k odd, k < 2³²
  const k = 2 * (q < 0 ? b : 4294967295 - b) + 1
  const r = Math.sqrt(-logOfOddOver2To33(k)) - 1.6
  const numerator = ((((((c7 * r + c6) * r + c5) * r + c4) * r + c3) * r + c2) * r + c1) * r + c0
  const denominator = ((((((d7 * r + d6) * r + d5) * r + d4) * r + d3) * r + d2) * r + d1) * r + 1
  const x = numerator / denominator
  return q < 0 ? -x : x
}

/** ln(k / 2³³) for an integer 0 < k < 2³². With k = m·2ᵉ, √½ < m ≤ √2: ln = (e − 33)·ln 2 + 2·artanh((m − 1)/(m + 1)). */
function logOfOddOver2To33(k: number): number {
  let exponent = 31 - Math.clz32(k)
  let m = k / ((1 << exponent) >>> 0) // exact, in [1, 2)
  if (m > sqrt2) {
    m = m / 2
    exponent = exponent + 1
  }
  const s = (m - 1) / (m + 1)
  const z = s * s
  const series =
    ((((((((z / 19 + 1 / 17) * z + 1 / 15) * z + 1 / 13) * z + 1 / 11) * z + 1 / 9) * z + 1 / 7) * z + 1 / 5) * z +
      1 / 3) *
      z +
    1
  return (exponent - 33) * ln2 + 2 * s * series
}
