import { RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { checkCount, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Sampling with replacement (plain SGD): every visit draws any example with probability 1 / `count`.
 *
 * An epoch is `count` draws; an example comes zero, one or many times in it.
 */
export function withReplacement({ count, key }: { readonly count: number; readonly key: RandomKey }): DataOrder {
  checkCount('withReplacement', count)
  return {
    count,
    epoch(index) {
      checkEpoch('withReplacement', index)
      const stream = new RandomStream(key.foldIn(index))
      return Int32Array.from({ length: count }, () => stream.nextBelow(count))
    },
  }
}
