import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import { checkSize, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Random reshuffling (RR): every epoch visits all examples once, in a fresh uniformly random order.
 *
 * Epoch t is the permutation of the key folded with t. Mishchenko, Khaled and Richtárik, "Random Reshuffling: Simple
 * Analysis with Vast Improvements", 2020 (arXiv 2006.05988), algorithm 1.
 */
export function randomReshufflingOrder({ size, key }: { readonly size: number; readonly key: RandomKey }): DataOrder {
  checkSize('randomReshufflingOrder', size)
  return {
    size,
    epoch(index) {
      checkEpoch('randomReshufflingOrder', index)
      return randomPermutation(key.foldIn(index), size)
    },
  }
}
