import { binomialCdf } from './binomial.js'
import { chiSquaredUpperTail } from './chi-squared.js'
import { checkWhole } from './sample-check.js'

/**
 * McNemar's test of two classifiers on the same items: does one err where the other is right more often?
 *
 * `onlyFirst` counts items that only the first gets right, `onlySecond` those that only the second does. `method`
 * 'exact' (default) is the binomial test; 'chi-squared' is the approximation, with `continuity` (default true)
 * correction. p is 1 without discordant items. Q. McNemar, Psychometrika 12 (1947).
 */
export function mcnemar(
  counts: { onlyFirst: number; onlySecond: number },
  options: { method?: 'exact' | 'chi-squared'; continuity?: boolean } = {},
): { statistic: number; p: number } {
  const { onlyFirst, onlySecond } = counts
  const { method = 'exact', continuity = true } = options
  checkWhole('mcnemar', 'onlyFirst', onlyFirst, 0)
  checkWhole('mcnemar', 'onlySecond', onlySecond, 0)
  const discordant = onlyFirst + onlySecond
  const smaller = Math.min(onlyFirst, onlySecond)
  if (method === 'exact') return { statistic: smaller, p: Math.min(1, 2 * binomialCdf(smaller, discordant, 0.5)) }
  if (discordant === 0) return { statistic: 0, p: 1 }
  const distance = Math.abs(onlyFirst - onlySecond) - (continuity ? 1 : 0)
  const statistic = (distance * distance) / discordant
  return { statistic, p: chiSquaredUpperTail(statistic, 1) }
}
