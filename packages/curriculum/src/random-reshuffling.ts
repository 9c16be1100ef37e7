import { randomPermutation } from '@lemanic/tensor-core'
import { checkSize, type RandomOrderOptions, type ScheduledOrder } from './data-order.js'
import { keyIdentity } from './order-identity.js'
import { scheduledOrder, wholeEpoch } from './scheduled-order.js'

/**
 * Random reshuffling (RR): every epoch visits all units once, in a fresh uniformly random order.
 *
 * Epoch t is the permutation of the key folded with t. Mishchenko, Khaled and Richtárik, "Random Reshuffling: Simple
 * Analysis with Vast Improvements", 2020 (arXiv 2006.05988), algorithm 1.
 */
export function randomReshufflingOrder(options: RandomOrderOptions): ScheduledOrder {
  const { size, key } = options
  checkSize('random-reshuffling', size)
  return scheduledOrder({
    ...options,
    kind: 'random-reshuffling',
    identity: keyIdentity(key),
    part: (epoch) => wholeEpoch(randomPermutation(key.foldIn(epoch), size)),
  })
}
