import { RandomStream } from '@lemanic/tensor-core'
import { checkSize, type RandomOrderOptions, type ScheduledOrder } from './data-order.js'
import { keyIdentity } from './order-identity.js'
import { scheduledOrder, wholeEpoch } from './scheduled-order.js'

/**
 * Sampling with replacement (plain SGD): every visit draws any unit with probability 1 / `size`.
 *
 * An epoch is `size` draws; a unit comes zero, one or many times in it.
 */
export function withReplacementOrder(options: RandomOrderOptions): ScheduledOrder {
  const { size, key } = options
  checkSize('with-replacement', size)
  return scheduledOrder({
    ...options,
    kind: 'with-replacement',
    identity: keyIdentity(key),
    permutes: false,
    part(epoch) {
      const stream = new RandomStream(key.foldIn(epoch))
      return wholeEpoch(Int32Array.from({ length: size }, () => stream.nextBelow(size)))
    },
  })
}
