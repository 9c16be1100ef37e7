/**
 * Φ⁻¹, the quantile of the standard normal distribution, for 0 < p < 1; relative error below 1.2e-9.
 *
 * Acklam, "An algorithm for computing the inverse normal cumulative distribution function", 2003.
 */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    return horner(q, tailNumerator) / (horner(q, tailDenominator) * q + 1)
  }
  const q = p - 0.5
  const r = q * q
  return (horner(r, centerNumerator) * q) / (horner(r, centerDenominator) * r + 1)
}

const centerNumerator = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
]
const centerDenominator = [
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
]
const tailNumerator = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
]
const tailDenominator = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]

const horner = (x: number, coefficients: readonly number[]): number =>
  coefficients.reduce((value, coefficient) => value * x + coefficient, 0)
