import { LemanicError } from '@lemanic/tensor-core'
import type { DataOrder, RandomOrderOptions } from './data-order.js'
import { learningOrder, type ReorderingRule, savedArray } from './learning-order.js'

/**
 * Recursive pair balance: the units that one pair balance sends to the front are balanced again among themselves, and so
 * are those it sends to the back, `depth` times; prefix sums get shorter with every level.
 *
 * A binary tree of pair balances ("GraB" recursion, as in the public grab-sampler's recursive pair balance; the idea is
 * recursive herding from self-balancing walks, Dwivedi and Mackey, arXiv 2105.05842). At each node consecutive arrivals
 * are paired, δ ← g − g′, ε ← +1 if ⟨s, δ⟩ ≤ 0 else −1, s ← s + ε δ; of a pair with + the first goes left, the second
 * right, with − the other way round. The next epoch is the leaves from left to right, those on the right of their parent
 * backwards. Depth 1 is `pairBalanceOrder`. Memory O(2^depth · d).
 *
 * Deviations: grab-sampler pairs inside a batch, whose size must be a power of two and divide the size; here pairs form
 * as units arrive, so any size and batch will do. Units left without a partner when the epoch ends go left.
 *
 * @param options.depth Levels, 1 … 16. Default 3.
 */
export function recursiveBalanceOrder(options: RandomOrderOptions & { readonly depth?: number }): DataOrder {
  const { depth = 3 } = options
  if (!Number.isInteger(depth) || depth < 1 || depth > 16) {
    throw new LemanicError(
      'invalid-argument',
      `recursive-balance: expected "depth" to be an integer from 1 to 16, got ${depth}`,
      { fields: { depth }, help: 'each level doubles the memory; 2 to 5 are usual' },
    )
  }
  return learningOrder({
    ...options,
    kind: 'recursive-balance',
    identity: { depth },
    rule: (count) => recursiveBalance(count, depth),
  })
}

function recursiveBalance(count: number, depth: number): ReorderingRule {
  const nodes = 2 ** depth - 1 // inner ones: children of node v are 2v + 1 and 2v + 2; leaves follow
  let width = 0
  let signedSums = new Float32Array(0) // [nodes, width]
  let waiting = new Float32Array(0) // [nodes, width], gradients without a partner yet
  let waitingSlots = new Int32Array(nodes).fill(-1)
  let leafOf = new Int32Array(count).fill(-1) // by slot
  let arrivals = new Int32Array(count + 1) // slots in the order in which they reached leaves; the last entry counts them

  const settle = (leaf: number, slot: number) => {
    leafOf[slot] = leaf - nodes
    arrivals[arrivals[count]!++] = slot
  }
  const send = (node: number, slot: number, gradient: ArrayLike<number>): void => {
    if (node >= nodes) return settle(node, slot)
    const base = node * width
    const other = waitingSlots[node]!
    if (other < 0) {
      for (let k = 0; k < width; k++) waiting[base + k] = gradient[k]!
      waitingSlots[node] = slot
      return
    }
    waitingSlots[node] = -1
    const first = waiting.slice(base, base + width)
    let product = 0
    for (let k = 0; k < width; k++) product += signedSums[base + k]! * (first[k]! - gradient[k]!)
    const sign = product <= 0 ? 1 : -1
    for (let k = 0; k < width; k++) signedSums[base + k]! += sign * (first[k]! - gradient[k]!)
    const [left, right] = [2 * node + 1, 2 * node + 2]
    send(sign > 0 ? left : right, other, first)
    send(sign > 0 ? right : left, slot, gradient)
  }

  return {
    begin(dimension) {
      width = dimension
      signedSums = new Float32Array(nodes * width)
      waiting = new Float32Array(nodes * width)
      waitingSlots = new Int32Array(nodes).fill(-1)
      leafOf = new Int32Array(count).fill(-1)
      arrivals = new Int32Array(count + 1)
    },
    take: (slot, gradient) => send(0, slot, gradient),
    finish() {
      for (let node = 0; node < nodes; node++) {
        const slot = waitingSlots[node]!
        if (slot < 0) continue
        waitingSlots[node] = -1
        send(2 * node + 1, slot, waiting.slice(node * width, (node + 1) * width))
      }
      const lists = Array.from({ length: nodes + 1 }, (): number[] => [])
      for (const slot of arrivals.subarray(0, count)) lists[leafOf[slot]!]!.push(slot)
      return Int32Array.from(lists.flatMap((list, leaf) => (leaf % 2 === 0 ? list : list.reverse())))
    },
    arrays: () => ({ signedSums, waiting, waitingSlots, leafOf, arrivals }),
    restore(arrays, dimension) {
      width = dimension
      const vectors = new Float32Array(nodes * width)
      signedSums = savedArray(arrays, 'signedSums', vectors)
      waiting = savedArray(arrays, 'waiting', vectors)
      waitingSlots = savedArray(arrays, 'waitingSlots', waitingSlots)
      leafOf = savedArray(arrays, 'leafOf', leafOf)
      arrivals = savedArray(arrays, 'arrivals', arrivals)
    },
  }
}
