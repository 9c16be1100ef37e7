import { RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { checkSize, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Sampling with replacement (plain SGD): every visit draws any example with probability 1 / `size`.
 *
 * An epoch is `size` draws; an example comes zero, one or many times in it.
 */
export function withReplacementOrder({ size, key }: { readonly size: number; readonly key: RandomKey }): DataOrder {
  checkSize('withReplacementOrder', size)
  return {
    size,
    epoch(index) {
      checkEpoch('withReplacementOrder', index)
      const stream = new RandomStream(key.foldIn(index))
      return Int32Array.from({ length: size }, () => stream.nextBelow(size))
    },
  }
}
