import { binomialCoefficient } from './binomial.js'
import { mean } from './descriptive.js'
import { type Alternative, checkAlternative, checkSample, checkWhole } from './sample-check.js'
import { type RandomSource, randomBelow, randomFrom } from './seeded-random.js'

/**
 * Permutation test of two independent samples: were the labels exchangeable, how rare is this difference of means?
 *
 * All divisions are counted when there are at most `exactLimit` (default 200,000); beyond, `resamples` (default 9999)
 * are drawn from `seed` or `random` and p = (hits + 1) / (resamples + 1). The two-sided p is twice the smaller tail.
 * E. J. G. Pitman, Supplement to the J. Royal Statistical Society 4 (1937).
 */
export function permutationTest(
  first: readonly number[],
  second: readonly number[],
  options: { alternative?: Alternative; exactLimit?: number; resamples?: number } & Partial<RandomSource> = {},
): { meanDifference: number; p: number; exact: boolean; assignments: number } {
  const { alternative = 'two-sided', exactLimit = 200_000, resamples = 9999 } = options
  checkAlternative('permutationTest', alternative)
  checkWhole('permutationTest', 'resamples', resamples, 1)
  checkSample('permutationTest', 'first', first, 1)
  checkSample('permutationTest', 'second', second, 1)
  const pooled = [...first, ...second]
  const size = first.length
  // The sum of the first group orders divisions as the difference of means does.
  const observed = first.reduce((sum, value) => sum + value, 0)
  const tolerance = 1e-12 * pooled.reduce((sum, value) => sum + Math.abs(value), 0)
  let atMost = 0
  let atLeast = 0
  const count = (sum: number) => {
    if (sum <= observed + tolerance) atMost++
    if (sum >= observed - tolerance) atLeast++
  }
  const divisions = binomialCoefficient(pooled.length, size)
  const exact = divisions <= exactLimit
  if (exact) forEachDivision(pooled, size, count)
  else {
    const random = randomFrom('permutationTest', options as RandomSource)
    const shuffled = [...pooled]
    for (let index = 0; index < resamples; index++) {
      let sum = 0
      for (let position = 0; position < size; position++) {
        const other = position + randomBelow(random, shuffled.length - position)
        const taken = shuffled[other]!
        shuffled[other] = shuffled[position]!
        shuffled[position] = taken
        sum += taken
      }
      count(sum)
    }
  }
  const assignments = exact ? divisions : resamples
  const share = (hits: number) => (exact ? hits / assignments : (hits + 1) / (assignments + 1))
  const less = share(atMost)
  const greater = share(atLeast)
  const p =
    alternative === 'less' ? less : alternative === 'greater' ? greater : Math.min(1, 2 * Math.min(less, greater))
  return { meanDifference: mean(first) - mean(second), p, exact, assignments }
}

function forEachDivision(pooled: readonly number[], size: number, visit: (sum: number) => void): void {
  const descend = (start: number, left: number, sum: number): void => {
    if (left === 0) {
      visit(sum)
      return
    }
    for (let index = start; index <= pooled.length - left; index++) descend(index + 1, left - 1, sum + pooled[index]!)
  }
  descend(0, size, 0)
}
