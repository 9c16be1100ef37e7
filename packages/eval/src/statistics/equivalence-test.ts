import { tTestOfDifferences } from './paired-t-test.js'
import { checkBetween, pairedDifferences } from './sample-check.js'

/** What an equivalence test found, in the unit of the samples. */
export interface EquivalenceTest {
  readonly n: number
  readonly meanDifference: number
  /** The larger of the two one-sided p values: small means equivalent within the margin. */
  readonly p: number
  /** p of "the mean difference is above −margin". */
  readonly pLower: number
  /** p of "the mean difference is below +margin". */
  readonly pUpper: number
  /** The 1 − 2α interval (90 % at α = 0.05): inside ±margin exactly when p < α. */
  readonly confidenceInterval: readonly [number, number]
  /** p of the opposite finding, that the mean difference lies outside ±margin (two one-sided tests, Bonferroni). */
  readonly pBeyond: number
}

/**
 * Two one-sided paired t tests (TOST): is the mean of `first − second` within ±`margin`?
 *
 * `margin` > 0 is in the unit of the samples and must be chosen before looking; `alpha` (default 0.05) only sets the
 * width of the interval. D. J. Schuirmann, J. Pharmacokinetics and Biopharmaceutics 15 (1987).
 */
export function pairedEquivalenceTest(
  first: readonly number[],
  second: readonly number[],
  options: { margin: number; alpha?: number },
): EquivalenceTest {
  const { margin, alpha = 0.05 } = options
  checkBetween('pairedEquivalenceTest', 'margin', margin, 0, Infinity)
  checkBetween('pairedEquivalenceTest', 'alpha', alpha, 0, 0.5)
  const confidence = 1 - 2 * alpha
  const differences = pairedDifferences('pairedEquivalenceTest', first, second, 2)
  const lower = tTestOfDifferences(differences, { alternative: 'greater', difference: -margin, confidence })
  const upper = tTestOfDifferences(differences, { alternative: 'less', difference: margin, confidence })
  return {
    n: lower.n,
    meanDifference: lower.meanDifference,
    p: Math.max(lower.p, upper.p),
    pLower: lower.p,
    pUpper: upper.p,
    confidenceInterval: lower.confidenceInterval,
    pBeyond: Math.min(1, 2 * Math.min(1 - lower.p, 1 - upper.p)),
  }
}
