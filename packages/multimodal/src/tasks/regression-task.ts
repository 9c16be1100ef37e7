import { add, exp, maximum, minimum, multiply, negative, slice, square, subtract } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import type { Task } from './task.js'

/** Log-variances are kept inside ±this: e⁻⁵ to e⁵ standard deviations. */
const limit = 10

/**
 * A number. Targets should have a mean near 0 and a standard deviation near 1 (`tableTargets` does that).
 *
 * @param options.noise `learned`: the decoder gives mean and log-variance, the loss is the normal's negative
 *   log-likelihood less its constant, and the standard deviation is the uncertainty. `fixed`: half the squared error.
 *   Default `learned`.
 */
export function regressionTask({ noise = 'learned' }: { readonly noise?: 'learned' | 'fixed' } = {}): Task {
  const isLearned = noise === 'learned'
  return {
    kind: 'regression',
    outputs: isLearned ? 2 : 1,
    targetWidth: 1,
    labels: 1,
    loss(outputs, target) {
      const error = square(subtract(isLearned ? slice(outputs, [undefined, [0, 1]]) : outputs, target))
      if (!isLearned) return multiply(error, 0.5)
      const logVariance = maximum(minimum(slice(outputs, [undefined, [1, 2]]), limit), -limit)
      return multiply(add(logVariance, multiply(error, exp(negative(logVariance)))), 0.5)
    },
    estimate(outputs) {
      const deviation = isLearned ? Math.exp(Math.max(-limit, Math.min(limit, outputs[1])) / 2) : 0
      return { values: [outputs[0]], scores: [outputs[0]], uncertainty: deviation }
    },
    checkTarget(target, where) {
      if (!Number.isFinite(target[0])) throw invalid(where, `expected a finite number, got ${target[0]}`)
    },
  }
}
