import { EvalError } from '../errors.js'
import { compensatedSum, mean } from './descriptive.js'
import { ratio, tProbability } from './paired-t-test.js'
import { type Alternative, checkAlternative, checkBetween, checkSample } from './sample-check.js'
import { studentTQuantile } from './student-t.js'

/** Slope of the least-squares line through points of at least two different positions. */
export function leastSquaresSlope(positions: readonly number[], values: readonly number[]): number {
  return fit('leastSquaresSlope', positions, values, 2).slope
}

/**
 * Least-squares line through (position, value) points and the t test that its slope is zero.
 *
 * Needs three points. `alternative` (default 'two-sided'): 'greater' means rising. `confidence` (default 0.95) sets
 * the interval of the slope.
 */
export function linearTrend(
  positions: readonly number[],
  values: readonly number[],
  options: { alternative?: Alternative; confidence?: number } = {},
): {
  slope: number
  intercept: number
  correlation: number
  standardError: number
  statistic: number
  degreesOfFreedom: number
  p: number
  confidenceInterval: readonly [number, number]
} {
  const { alternative = 'two-sided', confidence = 0.95 } = options
  checkAlternative('linearTrend', alternative)
  checkBetween('linearTrend', 'confidence', confidence, 0, 1)
  const { slope, intercept, squaresX, squaresY, products } = fit('linearTrend', positions, values, 3)
  const degreesOfFreedom = values.length - 2
  const residual = compensatedSum(values.map((value, index) => (value - intercept - slope * positions[index]!) ** 2))
  const standardError = Math.sqrt(residual / degreesOfFreedom / squaresX)
  const statistic = ratio(slope, standardError)
  const reach = studentTQuantile(0.5 + confidence / 2, degreesOfFreedom) * standardError
  return {
    slope,
    intercept,
    correlation: ratio(products, Math.sqrt(squaresX * squaresY)),
    standardError,
    statistic,
    degreesOfFreedom,
    p: tProbability(statistic, degreesOfFreedom, alternative),
    confidenceInterval: [slope - reach, slope + reach],
  }
}

function fit(where: string, positions: readonly number[], values: readonly number[], minimum: number) {
  checkSample(where, 'positions', positions, minimum)
  checkSample(where, 'values', values, minimum)
  if (positions.length !== values.length) {
    throw new EvalError(
      'invalid-sample',
      `${where}: expected one position for each value, got ${positions.length} positions and ${values.length} values.`,
      { where, positions: positions.length, values: values.length },
    )
  }
  const centerX = mean(positions)
  const centerY = mean(values)
  const squaresX = compensatedSum(positions.map((position) => (position - centerX) ** 2))
  if (squaresX === 0) {
    throw new EvalError('invalid-sample', `${where}: expected at least two different positions, got only ${centerX}.`, {
      where,
      position: centerX,
    })
  }
  const squaresY = compensatedSum(values.map((value) => (value - centerY) ** 2))
  const products = compensatedSum(positions.map((position, index) => (position - centerX) * (values[index]! - centerY)))
  const slope = products / squaresX
  return { slope, intercept: centerY - slope * centerX, squaresX, squaresY, products }
}
