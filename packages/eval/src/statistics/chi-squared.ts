import { checkBetween } from './sample-check.js'
import { incompleteGamma, invertUpperTail } from './special-functions.js'

/** P(X ≤ x) of the chi-squared distribution. */
export function chiSquaredCdf(x: number, degreesOfFreedom: number): number {
  checkBetween('chiSquaredCdf', 'degreesOfFreedom', degreesOfFreedom, 0, Infinity)
  return incompleteGamma(degreesOfFreedom / 2, x / 2).lower
}

/** P(X > x) of the chi-squared distribution; keeps its relative accuracy far into the tail. */
export function chiSquaredUpperTail(x: number, degreesOfFreedom: number): number {
  checkBetween('chiSquaredUpperTail', 'degreesOfFreedom', degreesOfFreedom, 0, Infinity)
  return incompleteGamma(degreesOfFreedom / 2, x / 2).upper
}

/** The x with P(X ≤ x) = `probability` in (0, 1). */
export function chiSquaredQuantile(probability: number, degreesOfFreedom: number): number {
  checkBetween('chiSquaredQuantile', 'probability', probability, 0, 1)
  return invertUpperTail((x) => chiSquaredUpperTail(x, degreesOfFreedom), 1 - probability)
}
