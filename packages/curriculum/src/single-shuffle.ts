import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import { checkSize, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Single shuffle (SS, also "shuffle once"): one uniformly random order, drawn once and used in every epoch.
 *
 * Mishchenko, Khaled and Richtárik 2020 (arXiv 2006.05988), algorithm 2. The order is that of epoch 0 of
 * `randomReshufflingOrder` with the same key, so the two share their first epoch and a paired comparison starts level.
 */
export function singleShuffleOrder({ size, key }: { readonly size: number; readonly key: RandomKey }): DataOrder {
  checkSize('singleShuffleOrder', size)
  const order = randomPermutation(key.foldIn(0), size)
  return {
    size,
    epoch(index) {
      checkEpoch('singleShuffleOrder', index)
      return order.slice()
    },
  }
}
