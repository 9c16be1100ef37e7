import { mean, variance } from './descriptive.js'
import { ratio, tProbability } from './paired-t-test.js'
import { type Alternative, checkAlternative, checkBetween, checkSample } from './sample-check.js'
import { studentTQuantile } from './student-t.js'

/** What Welch's test found, in the unit of the samples. */
export interface WelchTTest {
  readonly meanDifference: number
  readonly standardError: number
  readonly statistic: number
  readonly degreesOfFreedom: number
  readonly p: number
  readonly confidenceInterval: readonly [number, number]
}

/**
 * Welch's t test: do two independent samples of possibly unequal variance have the same mean?
 *
 * Needs two values in each. `alternative` (default 'two-sided') is seen from `first`; `confidence` defaults to 0.95.
 * B. L. Welch, Biometrika 34 (1947); degrees of freedom by Satterthwaite.
 */
export function welchTTest(
  first: readonly number[],
  second: readonly number[],
  options: { alternative?: Alternative; confidence?: number } = {},
): WelchTTest {
  const { alternative = 'two-sided', confidence = 0.95 } = options
  checkAlternative('welchTTest', alternative)
  checkBetween('welchTTest', 'confidence', confidence, 0, 1)
  checkSample('welchTTest', 'first', first, 2)
  checkSample('welchTTest', 'second', second, 2)
  const firstShare = variance(first) / first.length
  const secondShare = variance(second) / second.length
  const meanDifference = mean(first) - mean(second)
  const standardError = Math.sqrt(firstShare + secondShare)
  const spread = firstShare ** 2 / (first.length - 1) + secondShare ** 2 / (second.length - 1)
  const degreesOfFreedom = spread === 0 ? first.length + second.length - 2 : (firstShare + secondShare) ** 2 / spread
  const statistic = ratio(meanDifference, standardError)
  const reach = studentTQuantile(0.5 + confidence / 2, degreesOfFreedom) * standardError
  return {
    meanDifference,
    standardError,
    statistic,
    degreesOfFreedom,
    p: tProbability(statistic, degreesOfFreedom, alternative),
    confidenceInterval: [meanDifference - reach, meanDifference + reach],
  }
}
