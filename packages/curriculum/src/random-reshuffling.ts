import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import { checkCount, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Random reshuffling (RR): every epoch visits all examples once, in a fresh uniformly random order.
 *
 * Epoch t is the permutation of the key folded with t. Mishchenko, Khaled and Richtárik, "Random Reshuffling: Simple
 * Analysis with Vast Improvements", 2020 (arXiv 2006.05988), algorithm 1.
 */
export function randomReshuffling({ count, key }: { readonly count: number; readonly key: RandomKey }): DataOrder {
  checkCount('randomReshuffling', count)
  return {
    count,
    epoch(index) {
      checkEpoch('randomReshuffling', index)
      return randomPermutation(key.foldIn(index), count)
    },
  }
}
