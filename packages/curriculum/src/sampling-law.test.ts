import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import {
  blockShuffleOrder,
  createOrder,
  flipFlopOrder,
  type OrderName,
  randomReshufflingOrder,
  weightedOrder,
} from './index.js'

const chiSquare = (counts: readonly number[], expected: (index: number) => number): number =>
  counts.reduce((sum, count, index) => sum + (count - expected(index)) ** 2 / expected(index), 0)

/** How often each unit stands at a place of epoch `epoch`, over keys. */
function countAt(name: OrderName, size: number, epoch: number, place: number, keys: number): number[] {
  const counts = new Array<number>(size).fill(0)
  for (let seed = 0; seed < keys; seed++) {
    const order = createOrder({ name, size, key: randomKey(seed) })
    let unit = 0
    for (let visit = 0; visit <= epoch * size + place; visit++) {
      unit = order.next()
      order.observe(unit, [1])
    }
    counts[unit]!++
  }
  return counts
}

// 0.999 quantile of χ² with 9 degrees of freedom.
const limit9 = 27.877

test.each<[OrderName, number, number]>([
  ['random-reshuffling', 0, 0],
  ['random-reshuffling', 3, 9],
  ['single-shuffle', 2, 4],
  ['flip-flop', 1, 0],
  ['with-replacement', 1, 5],
  ['mean-balance', 0, 3],
  ['block-shuffle', 1, 0],
])('%s: every unit is equally likely at epoch %d, place %d', (name, epoch, place) => {
  expect(chiSquare(countAt(name, 10, epoch, place, 3000), () => 300)).toBeLessThan(limit9)
})

test('random reshuffling: the last unit of an epoch says nothing about the first of the next', () => {
  const order = randomReshufflingOrder({ size: 5, key: randomKey(1) })
  const counts = new Array<number>(25).fill(0)
  for (let epoch = 0; epoch < 10_000; epoch++) counts[5 * order.epoch(epoch)[4]! + order.epoch(epoch + 1)[0]!]!++
  expect(chiSquare(counts, () => 400)).toBeLessThan(51.179) // 24 degrees of freedom
})

test('weighted: units come as often as their weights say, a weight of 0 never', () => {
  const weights = [1, 0, 3, 2, 4]
  const order = weightedOrder({ weights, key: randomKey(9) })
  const counts = [0, 0, 0, 0, 0]
  for (let visit = 0; visit < 50_000; visit++) counts[order.next()]!++
  expect(counts[1]).toBe(0)
  const used = [0, 2, 3, 4]
  expect(
    chiSquare(
      used.map((unit) => counts[unit]!),
      (index) => 5000 * weights[used[index]!]!,
    ),
  ).toBeLessThan(16.266) // 3
})

test('FlipFlop: odd epochs are the even ones backwards, and even ones are fresh', () => {
  const order = flipFlopOrder({ size: 50, key: randomKey(2) })
  const reshuffled = randomReshufflingOrder({ size: 50, key: randomKey(2) })
  for (const epoch of [0, 2, 6]) {
    expect(order.epoch(epoch)).toEqual(reshuffled.epoch(epoch))
    expect(order.epoch(epoch + 1)).toEqual(order.epoch(epoch).reverse())
  }
})

test('block shuffle: at any time the units come from at most so many blocks as the buffer holds', () => {
  const [blockSize, bufferBlocks] = [7, 3]
  const order = blockShuffleOrder({ size: 100, key: randomKey(4), blockSize, bufferBlocks })
  const indices = [...order.epoch(5)]
  const blockOf = (unit: number) => Math.floor(unit / blockSize)
  const chunks: number[][] = []
  for (const unit of indices) {
    const chunk = chunks.at(-1)
    const blocks = new Set([...(chunk ?? []), unit].map(blockOf))
    if (chunk === undefined || blocks.size > bufferBlocks) chunks.push([unit])
    else chunk.push(unit)
  }
  // Greedy cutting finds the buffers again: ⌈15 blocks / 3⌉ = 5, each with whole blocks only.
  expect(chunks).toHaveLength(5)
  for (const chunk of chunks) {
    const expected = [...new Set(chunk.map(blockOf))].reduce(
      (sum, block) => sum + Math.min(blockSize, 100 - block * blockSize),
      0,
    )
    expect(chunk).toHaveLength(expected)
  }
  expect(order.epoch(5)).not.toEqual(order.epoch(6))
})

test('block shuffle keeps no list of the whole data set', () => {
  const order = blockShuffleOrder({ size: 2 ** 31 - 1, key: randomKey(4), blockSize: 2 ** 21, bufferBlocks: 1 })
  const first = Array.from({ length: 1000 }, () => Math.floor(order.next() / 2 ** 21))
  expect(new Set(first).size).toBe(1)
})
