import type { DataOrder, RandomOrderOptions } from './data-order.js'
import { learningOrder, type ReorderingRule, savedArray } from './learning-order.js'

/**
 * GraB, mean balance: each gradient, centred by the mean of the epoch before, gets the sign that keeps the signed running
 * sum short; units with + fill the next epoch from its front, units with − from its back.
 *
 * Lu, Guo and De Sa, "GraB: Finding Provably Better Data Permutations than Random Reshuffling", 2022 (arXiv 2205.10733),
 * algorithm 4 with the balancing of algorithm 5. n `count`, m_k `staleMean`, m_{k+1} `mean`, s `signedSum`, l `front`,
 * r `back`, ε `sign`. Memory O(d): three vectors.
 *
 *     c ← g − m_k;   ε ← +1 if ‖s + c‖ ≤ ‖s − c‖ else −1;   s ← s + ε c;   m_{k+1} ← m_{k+1} + g / n
 *
 * Deviations: ‖s + c‖ ≤ ‖s − c‖ is tested as ⟨s, c⟩ ≤ 0. The paper's library adds the centred gradient c to m_{k+1}, so
 * that its mean is right in every second epoch only; here it is g, as in the paper and in the authors' research code.
 */
export function meanBalanceOrder(options: RandomOrderOptions): DataOrder {
  return learningOrder({ ...options, kind: 'mean-balance', rule: meanBalance })
}

function meanBalance(count: number): ReorderingRule {
  let staleMean = new Float32Array(0)
  let mean = new Float32Array(0)
  let signedSum = new Float32Array(0)
  let next = new Int32Array(count)
  const ends = new Int32Array([0, count - 1]) // front, back
  return {
    begin(dimension) {
      staleMean = mean.length === dimension ? mean : new Float32Array(dimension)
      mean = new Float32Array(dimension)
      signedSum = new Float32Array(dimension)
      next = new Int32Array(count)
      ends.set([0, count - 1])
    },
    take(slot, gradient) {
      const dimension = signedSum.length
      let product = 0
      for (let k = 0; k < dimension; k++) product += signedSum[k]! * (gradient[k]! - staleMean[k]!)
      const sign = product <= 0 ? 1 : -1
      for (let k = 0; k < dimension; k++) {
        signedSum[k]! += sign * (gradient[k]! - staleMean[k]!)
        mean[k]! += gradient[k]! / count
      }
      next[sign > 0 ? ends[0]!++ : ends[1]!--] = slot
    },
    finish: () => next,
    arrays: () => ({ staleMean, mean, signedSum, next, ends }),
    restore(arrays, dimension) {
      const vector = new Float32Array(dimension)
      staleMean = savedArray(arrays, 'staleMean', vector)
      mean = savedArray(arrays, 'mean', vector)
      signedSum = savedArray(arrays, 'signedSum', vector)
      next = savedArray(arrays, 'next', next)
      ends.set(savedArray(arrays, 'ends', ends))
    },
  }
}
