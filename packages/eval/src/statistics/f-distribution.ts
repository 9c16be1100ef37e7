import { checkBetween } from './sample-check.js'
import { incompleteBeta, invertUpperTail } from './special-functions.js'

/** P(X > x) of the F distribution with the given numerator and denominator degrees of freedom. */
export function fUpperTail(x: number, numerator: number, denominator: number): number {
  checkBetween('fUpperTail', 'numerator', numerator, 0, Infinity)
  checkBetween('fUpperTail', 'denominator', denominator, 0, Infinity)
  if (x <= 0) return 1
  const sum = denominator + numerator * x
  return incompleteBeta(denominator / sum, denominator / 2, numerator / 2, (numerator * x) / sum)
}

/** P(X ≤ x) of the F distribution. */
export function fCdf(x: number, numerator: number, denominator: number): number {
  checkBetween('fCdf', 'numerator', numerator, 0, Infinity)
  checkBetween('fCdf', 'denominator', denominator, 0, Infinity)
  if (x <= 0) return 0
  const sum = denominator + numerator * x
  return incompleteBeta((numerator * x) / sum, numerator / 2, denominator / 2, denominator / sum)
}

/** The x with P(X ≤ x) = `probability` in (0, 1). */
export function fQuantile(probability: number, numerator: number, denominator: number): number {
  checkBetween('fQuantile', 'probability', probability, 0, 1)
  return invertUpperTail((x) => fUpperTail(x, numerator, denominator), 1 - probability)
}
