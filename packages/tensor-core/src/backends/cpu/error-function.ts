/**
 * erf(x) = 2/√π · e^(−x²) · Σₙ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)) (Abramowitz & Stegun 7.1.6): all terms have one sign, so
 * nothing cancels. Beyond |x| = 4 the nearest float32 is ±1.
 */
export function errorFunction(x: number): number {
  if (Number.isNaN(x)) return NaN
  if (Math.abs(x) >= 4) return Math.sign(x)
  let term = x
  let sum = x
  for (let n = 1; Math.abs(term) > 1e-16 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum
}
