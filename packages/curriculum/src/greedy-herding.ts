import type { DataOrder, RandomOrderOptions } from './data-order.js'
import { learningOrder, type ReorderingRule, savedArray } from './learning-order.js'

/**
 * Greedy herding: after an epoch its gradients are centred, and the next order always takes the remaining unit that keeps
 * the running sum shortest.
 *
 * Lu, Meng and De Sa, "A General Analysis of Example-Selection for Stochastic Gradient Descent", ICLR 2022, the greedy
 * selection over stale gradients. z `centred`, s `sum`:
 *
 *     i ← argmin over the remaining of ‖s + zᵢ‖;   s ← s + zᵢ
 *
 * Memory O(n d) and time O(n² d) an epoch: for small data, and the yardstick of the balancing orders. Equal norms take
 * the lower slot. Deviation: the authors' code compares ‖zᵢ + (k − 1) s‖ at pick k; here it is ‖s + zᵢ‖ as written.
 */
export function greedyHerdingOrder(options: RandomOrderOptions): DataOrder {
  return learningOrder({ ...options, kind: 'greedy-herding', rule: greedyHerding })
}

function greedyHerding(count: number): ReorderingRule {
  let width = 0
  let gradients = new Float32Array(0) // [count, width], by slot
  return {
    begin(dimension) {
      width = dimension
      gradients = new Float32Array(count * width)
    },
    take: (slot, gradient) => gradients.set(gradient, slot * width),
    finish: () => herd(gradients, count, width),
    arrays: () => ({ gradients }),
    restore(arrays, dimension) {
      width = dimension
      gradients = savedArray(arrays, 'gradients', new Float32Array(count * width))
    },
  }
}

/** The greedy order of the rows of a [count, width] matrix. */
function herd(rows: Float32Array, count: number, width: number): Int32Array {
  const mean = new Float64Array(width)
  for (let at = 0; at < rows.length; at++) mean[at % width]! += rows[at]! / count
  const centred = Float64Array.from(rows, (value, at) => value - mean[at % width]!)
  const sum = new Float64Array(width)
  const remaining = Int32Array.from({ length: count }, (_, slot) => slot)
  for (let pick = 0; pick < count; pick++) {
    let best = pick
    let shortest = Infinity
    for (let at = pick; at < count; at++) {
      const base = remaining[at]! * width
      let square = 0
      for (let k = 0; k < width && square <= shortest; k++) square += (sum[k]! + centred[base + k]!) ** 2
      if (square < shortest || (square === shortest && remaining[at]! < remaining[best]!)) {
        shortest = square
        best = at
      }
    }
    const slot = remaining[best]!
    remaining[best] = remaining[pick]!
    remaining[pick] = slot
    for (let k = 0; k < width; k++) sum[k]! += centred[slot * width + k]!
  }
  return remaining
}
