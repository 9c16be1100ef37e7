import { checkSample } from './sample-check.js'
import { EvalError } from '../errors.js'

/** Arithmetic mean of at least one value, summed with Neumaier's compensation so that the order hardly matters. */
export function mean(values: readonly number[]): number {
  checkSample('mean', 'values', values, 1)
  return compensatedSum(values) / values.length
}

/** Sample variance (divisor n − 1) of at least two values, by two passes. */
export function variance(values: readonly number[]): number {
  checkSample('variance', 'values', values, 2)
  const center = mean(values)
  return compensatedSum(values.map((value) => (value - center) ** 2)) / (values.length - 1)
}

/** Sample standard deviation (divisor n − 1) of at least two values. */
export function standardDeviation(values: readonly number[]): number {
  return Math.sqrt(variance(values))
}

/** Standard error of the mean: sample standard deviation over √n. */
export function standardError(values: readonly number[]): number {
  return standardDeviation(values) / Math.sqrt(values.length)
}

/**
 * Quantile by linear interpolation between order statistics (Hyndman & Fan 1996, type 7; the default of NumPy and R).
 *
 * `probability` lies in [0, 1]; 0 is the minimum and 1 the maximum.
 */
export function quantile(values: readonly number[], probability: number): number {
  checkSample('quantile', 'values', values, 1)
  return quantileOfSorted(Float64Array.from(values).sort(), probability)
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Type 7 quantile of values that are already in ascending order. */
export function quantileOfSorted(sorted: ArrayLike<number>, probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new EvalError('invalid-option', `quantile: expected \`probability\` in [0, 1], got ${probability}.`, {
      probability,
    })
  }
  const position = probability * (sorted.length - 1)
  const below = Math.floor(position)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!)
}

/** Sum with Neumaier's compensation (Zeitschrift für Angewandte Mathematik und Mechanik 54, 1974). */
export function compensatedSum(values: readonly number[]): number {
  let sum = 0
  let compensation = 0
  for (const value of values) {
    const next = sum + value
    compensation += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return sum + compensation
}
