import { LemanicError, randomCategorical } from '@lemanic/tensor-core'
import type { OrderOptions, RandomOrderOptions, ScheduledOrder } from './data-order.js'
import { checksum, keyIdentity } from './order-identity.js'
import { scheduledOrder, wholeEpoch } from './scheduled-order.js'

/**
 * Weighted sampling with replacement: unit i is drawn with probability pᵢ = wᵢ / Σw, whatever was drawn before.
 *
 * `weights` holds one finite number ≥ 0 a unit, so the size is theirs; a weight of 0 is never drawn. The mean gradient
 * of such draws is that of the weighted objective; scale a unit's gradient by 1 / (size · pᵢ) for the plain one (Zhao and
 * Zhang, "Stochastic Optimization with Importance Sampling", 2015, arXiv 1401.2753).
 */
export function weightedOrder(
  options: Omit<RandomOrderOptions, 'size'> & { readonly weights: ArrayLike<number> },
): ScheduledOrder {
  const { key } = options
  const weights = Float64Array.from(options.weights)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const bad = weights.findIndex((weight) => !(weight >= 0 && weight < Infinity))
  if (bad >= 0 || (weights.length > 0 && !(total > 0 && total < Infinity))) {
    throw new LemanicError(
      'invalid-argument',
      `weighted: expected finite weights of at least 0 with a positive sum, got ${bad >= 0 ? `${weights[bad]} for unit ${bad}` : `the sum ${total}`}`,
      { fields: { unit: bad, total }, help: 'give every unit that may be drawn a positive weight' },
    )
  }
  const plain: OrderOptions = { ...options, size: weights.length }
  return scheduledOrder({
    ...plain,
    kind: 'weighted',
    identity: { ...keyIdentity(key), weights: checksum(weights) },
    permutes: false,
    part: (epoch) => wholeEpoch(randomCategorical(key.foldIn(epoch), weights, weights.length)),
  })
}
