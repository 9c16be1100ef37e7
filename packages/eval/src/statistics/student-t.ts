import { checkBetween } from './sample-check.js'
import { incompleteBeta, invertUpperTail, logBeta } from './special-functions.js'
import { normalCdf } from './normal.js'

/** P(T > t) of Student's t distribution; keeps its relative accuracy far into the upper tail. */
export function studentTUpperTail(t: number, degreesOfFreedom: number): number {
  checkBetween('studentTUpperTail', 'degreesOfFreedom', degreesOfFreedom, 0, Infinity)
  if (t === Infinity) return 0
  if (t === -Infinity) return 1
  const sum = degreesOfFreedom + t * t
  const half = incompleteBeta(degreesOfFreedom / sum, degreesOfFreedom / 2, 0.5, (t * t) / sum) / 2
  return t >= 0 ? half : 1 - half
}

/** P(T ≤ t) of Student's t distribution. */
export function studentTCdf(t: number, degreesOfFreedom: number): number {
  return studentTUpperTail(-t, degreesOfFreedom)
}

/** The t with P(T ≤ t) = `probability` in (0, 1). */
export function studentTQuantile(probability: number, degreesOfFreedom: number): number {
  checkBetween('studentTQuantile', 'probability', probability, 0, 1)
  checkBetween('studentTQuantile', 'degreesOfFreedom', degreesOfFreedom, 0, Infinity)
  if (probability === 0.5) return 0
  const tail = Math.min(probability, 1 - probability)
  const size = invertUpperTail((t) => studentTUpperTail(t, degreesOfFreedom), tail)
  return probability < 0.5 ? -size : size
}

/**
 * P(T ≤ t) of the noncentral t distribution: R. V. Lenth, algorithm AS 243, Applied Statistics 38 (1989).
 *
 * Used for the power of t tests; absolute accuracy about 1e-12 for |noncentrality| below 37.
 */
export function noncentralTCdf(t: number, degreesOfFreedom: number, noncentrality: number): number {
  if (t < 0) return 1 - noncentralTCdf(-t, degreesOfFreedom, -noncentrality)
  let total = normalCdf(-noncentrality)
  const squared = noncentrality * noncentrality
  const ratio = (t * t) / (t * t + degreesOfFreedom)
  if (ratio === 0) return total
  const complement = degreesOfFreedom / (t * t + degreesOfFreedom)
  const b = degreesOfFreedom / 2
  let even = 0.5 * Math.exp(-squared / 2)
  let odd = Math.sqrt(2 / Math.PI) * even * noncentrality
  let remaining = 0.5 - even
  let a = 0.5
  let betaOdd = incompleteBeta(ratio, a, b, complement)
  let stepOdd = 2 * Math.exp(b * Math.log(complement) + a * Math.log(ratio) - logBeta(a, b))
  let betaEven = 1 - Math.exp(b * Math.log(complement))
  let stepEven = b * ratio * Math.exp(b * Math.log(complement))
  total += even * betaOdd + odd * betaEven
  for (let term = 1; term < 10_000; term++) {
    a += 1
    betaOdd -= stepOdd
    betaEven -= stepEven
    stepOdd *= (ratio * (a + b - 1)) / a
    stepEven *= (ratio * (a + b - 0.5)) / (a + 0.5)
    even *= squared / (2 * term)
    odd *= squared / (2 * term + 1)
    remaining -= even
    total += even * betaOdd + odd * betaEven
    if (2 * remaining * (betaOdd - stepOdd) <= 1e-14 && term > squared / 2) break
  }
  return Math.min(1, Math.max(0, total))
}
