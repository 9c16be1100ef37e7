import { binomialCdf, binomialUpperTail } from './binomial.js'
import { type Alternative, checkAlternative, pairedDifferences } from './sample-check.js'

/**
 * Exact sign test of paired samples: is `first` above `second` as often as below?
 *
 * Pairs without a difference are left out, as in Conover, Practical Nonparametric Statistics; `n` counts the rest and
 * p is 1 when none is left. `alternative` (default 'two-sided') is seen from `first`.
 */
export function signTest(
  first: readonly number[],
  second: readonly number[],
  options: { alternative?: Alternative } = {},
): { positive: number; negative: number; n: number; p: number } {
  const { alternative = 'two-sided' } = options
  checkAlternative('signTest', alternative)
  const differences = pairedDifferences('signTest', first, second, 1)
  const positive = differences.filter((value) => value > 0).length
  const negative = differences.filter((value) => value < 0).length
  const n = positive + negative
  const less = binomialCdf(positive, n, 0.5)
  const greater = binomialUpperTail(positive, n, 0.5)
  const p =
    alternative === 'less' ? less : alternative === 'greater' ? greater : Math.min(1, 2 * Math.min(less, greater))
  return { positive, negative, n, p }
}
