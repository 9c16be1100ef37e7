import { incompleteBeta, logGamma } from './special-functions.js'

/** P(X ≤ successes) for a binomial count of `trials` with the given probability of success. */
export function binomialCdf(successes: number, trials: number, probability: number): number {
  const whole = Math.floor(successes)
  if (whole < 0) return 0
  if (whole >= trials) return 1
  return incompleteBeta(1 - probability, trials - whole, whole + 1, probability)
}

/** P(X ≥ successes) for a binomial count; keeps its relative accuracy far into the tail. */
export function binomialUpperTail(successes: number, trials: number, probability: number): number {
  const whole = Math.ceil(successes)
  if (whole <= 0) return 1
  if (whole > trials) return 0
  return incompleteBeta(probability, whole, trials - whole + 1, 1 - probability)
}

/** Number of ways to choose `chosen` of `total` things: exact while it is below 2^53, a close approximation above. */
export function binomialCoefficient(total: number, chosen: number): number {
  const small = Math.min(chosen, total - chosen)
  if (small < 0) return 0
  let ways = 1
  for (let index = 1; index <= small; index++) {
    ways = (ways * (total - small + index)) / index
    if (ways > Number.MAX_SAFE_INTEGER) {
      return Math.exp(logGamma(total + 1) - logGamma(small + 1) - logGamma(total - small + 1))
    }
  }
  return Math.round(ways)
}
