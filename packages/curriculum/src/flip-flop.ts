import { randomPermutation } from '@lemanic/tensor-core'
import { checkSize, type RandomOrderOptions, type ScheduledOrder } from './data-order.js'
import { keyIdentity } from './order-identity.js'
import { scheduledOrder, wholeEpoch } from './scheduled-order.js'

/**
 * FlipFlop with random reshuffling: epochs 0, 2, 4, … draw a fresh order, epochs 1, 3, 5, … visit the one before
 * backwards, so that the first-order effects of the order cancel over two epochs.
 *
 * Rajput, Lee and Papailiopoulos, "Permutation-Based SGD: Is Random Optimal?", 2022 (arXiv 2102.09718). Even epochs are
 * those of `randomReshufflingOrder` with the same key.
 */
export function flipFlopOrder(options: RandomOrderOptions): ScheduledOrder {
  const { size, key } = options
  checkSize('flip-flop', size)
  return scheduledOrder({
    ...options,
    kind: 'flip-flop',
    identity: keyIdentity(key),
    part(epoch) {
      const indices = randomPermutation(key.foldIn(epoch - (epoch % 2)), size)
      return wholeEpoch(epoch % 2 === 0 ? indices : indices.reverse())
    },
  })
}
