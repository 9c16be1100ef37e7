import { mean, standardDeviation } from './descriptive.js'
import { minimumDetectableEffect } from './power.js'
import { type Alternative, checkAlternative, checkBetween, pairedDifferences } from './sample-check.js'
import { studentTCdf, studentTQuantile, studentTUpperTail } from './student-t.js'

/** What a paired t test found, in the unit of the samples. */
export interface PairedTTest {
  readonly n: number
  readonly meanDifference: number
  /** Standard deviation of the differences (divisor n − 1). */
  readonly standardDeviation: number
  readonly standardError: number
  readonly statistic: number
  readonly degreesOfFreedom: number
  readonly p: number
  /** Two-sided interval for the mean difference, whatever the alternative. */
  readonly confidenceInterval: readonly [number, number]
  /** Cohen's dz: mean difference over the standard deviation of the differences. */
  readonly effectSize: number
  /** Smallest mean difference that the two-sided test at 1 − confidence finds four times in five, given this spread. */
  readonly minimumDetectableEffect: number
}

/**
 * Student's t test of paired samples: is the mean of `first − second` equal to `difference`?
 *
 * Needs at least two pairs. `alternative` (default 'two-sided') is seen from `first`: 'less' means that `first` is
 * smaller. `difference` (default 0) moves the null hypothesis; `confidence` (default 0.95) sets the interval. With no
 * spread at all, p is 1 when the mean difference equals `difference` and 0 in its direction otherwise.
 * Student, Biometrika 6 (1908).
 */
export function pairedTTest(
  first: readonly number[],
  second: readonly number[],
  options: { alternative?: Alternative; difference?: number; confidence?: number } = {},
): PairedTTest {
  const { alternative = 'two-sided', difference = 0, confidence = 0.95 } = options
  checkAlternative('pairedTTest', alternative)
  checkBetween('pairedTTest', 'confidence', confidence, 0, 1)
  const test = tTestOfDifferences(pairedDifferences('pairedTTest', first, second, 2), {
    alternative,
    difference,
    confidence,
  })
  const detectable = test.standardDeviation === 0 ? 0 : minimumDetectableEffect({ n: test.n, alpha: 1 - confidence })
  return { ...test, minimumDetectableEffect: detectable * test.standardDeviation }
}

/** The t test on differences that have been checked, without the search for the detectable effect. */
export function tTestOfDifferences(
  differences: readonly number[],
  options: { alternative: Alternative; difference: number; confidence: number },
): Omit<PairedTTest, 'minimumDetectableEffect'> {
  const { alternative, difference, confidence } = options
  const n = differences.length
  const degreesOfFreedom = n - 1
  const meanDifference = mean(differences)
  const spread = standardDeviation(differences)
  const error = spread / Math.sqrt(n)
  const statistic = ratio(meanDifference - difference, error)
  const reach = studentTQuantile(0.5 + confidence / 2, degreesOfFreedom) * error
  return {
    n,
    meanDifference,
    standardDeviation: spread,
    standardError: error,
    statistic,
    degreesOfFreedom,
    p: tProbability(statistic, degreesOfFreedom, alternative),
    confidenceInterval: [meanDifference - reach, meanDifference + reach],
    effectSize: ratio(meanDifference, spread),
  }
}

/** The p value of a t statistic under the given alternative. */
export function tProbability(statistic: number, degreesOfFreedom: number, alternative: Alternative): number {
  if (alternative === 'less') return studentTCdf(statistic, degreesOfFreedom)
  if (alternative === 'greater') return studentTUpperTail(statistic, degreesOfFreedom)
  return Math.min(1, 2 * studentTUpperTail(Math.abs(statistic), degreesOfFreedom))
}

/** Quotient in which nothing over nothing is nothing. */
export function ratio(numerator: number, denominator: number): number {
  return numerator === 0 && denominator === 0 ? 0 : numerator / denominator
}
