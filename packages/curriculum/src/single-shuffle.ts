import { randomPermutation } from '@lemanic/tensor-core'
import { checkSize, type RandomOrderOptions, type ScheduledOrder } from './data-order.js'
import { keyIdentity } from './order-identity.js'
import { scheduledOrder, wholeEpoch } from './scheduled-order.js'

/**
 * Single shuffle (SS, also "shuffle once"): one uniformly random order, drawn once and used in every epoch.
 *
 * Mishchenko, Khaled and Richtárik 2020 (arXiv 2006.05988), algorithm 2. The order is that of epoch 0 of
 * `randomReshufflingOrder` with the same key, so the two share their first epoch and a paired comparison starts level.
 */
export function singleShuffleOrder(options: RandomOrderOptions): ScheduledOrder {
  checkSize('single-shuffle', options.size)
  const indices = randomPermutation(options.key.foldIn(0), options.size)
  return scheduledOrder({
    ...options,
    kind: 'single-shuffle',
    identity: keyIdentity(options.key),
    part: () => wholeEpoch(indices),
  })
}
