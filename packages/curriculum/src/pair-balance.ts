import type { DataOrder, RandomOrderOptions } from './data-order.js'
import { learningOrder, type ReorderingRule, savedArray } from './learning-order.js'

/**
 * Pair balance: the differences of consecutive gradients are balanced, so that no mean has to be known. Of a pair with
 * sign + the first goes to the front of the next epoch and the second to its back; with sign − the other way round.
 *
 * Lu et al. and Cooper et al., "Coordinating Distributed Example Orders for Provably Accelerated Training" (CD-GraB),
 * 2023 (arXiv 2302.00845), algorithm 2. s `signedSum`, ε `sign`. Memory O(d): two vectors.
 *
 *     δ ← g_{2t−1} − g_{2t};   ε ← +1 if ‖s + δ‖ ≤ ‖s − δ‖ else −1;   s ← s + ε δ
 *
 * With an odd count the last unit takes the one place that is left.
 */
export function pairBalanceOrder(options: RandomOrderOptions): DataOrder {
  return learningOrder({ ...options, kind: 'pair-balance', rule: pairBalance })
}

function pairBalance(count: number): ReorderingRule {
  let signedSum = new Float32Array(0)
  let first = new Float32Array(0) // gradient of the pair's first unit
  let next = new Int32Array(count)
  const ends = new Int32Array([0, count - 1, -1]) // front, back, slot of the pair's first unit
  return {
    begin(dimension) {
      signedSum = new Float32Array(dimension)
      first = new Float32Array(dimension)
      next = new Int32Array(count)
      ends.set([0, count - 1, -1])
    },
    take(slot, gradient) {
      const waiting = ends[2]!
      if (waiting < 0) {
        first.set(gradient)
        ends[2] = slot
        return
      }
      let product = 0
      for (let k = 0; k < first.length; k++) product += signedSum[k]! * (first[k]! - gradient[k]!)
      const sign = product <= 0 ? 1 : -1
      for (let k = 0; k < first.length; k++) signedSum[k]! += sign * (first[k]! - gradient[k]!)
      next[ends[0]!++] = sign > 0 ? waiting : slot
      next[ends[1]!--] = sign > 0 ? slot : waiting
      ends[2] = -1
    },
    finish() {
      if (ends[2]! >= 0) next[ends[0]!] = ends[2]!
      return next
    },
    arrays: () => ({ signedSum, first, next, ends }),
    restore(arrays, dimension) {
      const vector = new Float32Array(dimension)
      signedSum = savedArray(arrays, 'signedSum', vector)
      first = savedArray(arrays, 'first', vector)
      next = savedArray(arrays, 'next', next)
      ends.set(savedArray(arrays, 'ends', ends))
    },
  }
}
