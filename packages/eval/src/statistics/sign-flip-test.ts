import { mean } from './descriptive.js'
import { type Alternative, checkAlternative, checkWhole, pairedDifferences } from './sample-check.js'
import { type RandomSource, randomFrom } from './seeded-random.js'

/** What a sign-flip permutation test found. */
export interface SignFlipTest {
  readonly n: number
  readonly meanDifference: number
  readonly p: number
  /** True when every assignment of signs was counted, false for a Monte-Carlo sample of them. */
  readonly exact: boolean
  /** Number of assignments that p rests on. */
  readonly assignments: number
}

/**
 * Paired permutation test by sign flips: were the labels of each pair exchangeable, how rare is this mean difference?
 *
 * With up to `exactLimit` pairs (default 20, at most 24) all 2ⁿ assignments are counted; beyond, `resamples` (default
 * 9999) are drawn from `seed` or `random` and p = (hits + 1) / (resamples + 1). The two-sided p is twice the smaller
 * tail. R. A. Fisher, The Design of Experiments (1935); B. Phipson & G. K. Smyth (2010) for the Monte-Carlo p.
 */
export function signFlipTest(
  first: readonly number[],
  second: readonly number[],
  options: { alternative?: Alternative; exactLimit?: number; resamples?: number } & Partial<RandomSource> = {},
): SignFlipTest {
  const { alternative = 'two-sided', exactLimit = 20, resamples = 9999 } = options
  checkAlternative('signFlipTest', alternative)
  checkWhole('signFlipTest', 'resamples', resamples, 1)
  const differences = pairedDifferences('signFlipTest', first, second, 1)
  const n = differences.length
  const observed = differences.reduce((sum, value) => sum + value, 0)
  // Sums of the same numbers in another order differ by rounding; this much is a tie.
  const tolerance = 1e-12 * differences.reduce((sum, value) => sum + Math.abs(value), 0)
  const exact = n <= Math.min(exactLimit, 24)
  let atMost = 0
  let atLeast = 0
  const count = (sum: number) => {
    if (sum <= observed + tolerance) atMost++
    if (sum >= observed - tolerance) atLeast++
  }
  const assignments = exact ? 2 ** n : resamples
  if (exact) {
    // Gray code: from one assignment to the next a single sign changes.
    const signs = new Int8Array(n).fill(1)
    let sum = observed
    count(sum)
    for (let index = 1; index < assignments; index++) {
      const flip = 31 - Math.clz32(index & -index)
      sum -= 2 * signs[flip]! * differences[flip]!
      signs[flip] = -signs[flip]!
      count(sum)
    }
  } else {
    const random = randomFrom('signFlipTest', options as RandomSource)
    for (let index = 0; index < resamples; index++) {
      let sum = 0
      for (const value of differences) sum += random() < 0.5 ? value : -value
      count(sum)
    }
  }
  const share = (hits: number) => (exact ? hits / assignments : (hits + 1) / (assignments + 1))
  const less = share(atMost)
  const greater = share(atLeast)
  const p =
    alternative === 'less' ? less : alternative === 'greater' ? greater : Math.min(1, 2 * Math.min(less, greater))
  return { n, meanDifference: mean(differences), p, exact, assignments }
}
