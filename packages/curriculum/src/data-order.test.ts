import { LemanicError, randomKey } from '@lemanic/tensor-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  incrementalGradientOrder,
  randomReshufflingOrder,
  singleShuffleOrder,
  withReplacementOrder,
  type ScheduledOrder,
} from './index.js'

const sorted = (indices: Int32Array): number[] => [...indices].sort((a, b) => a - b)
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const seeded = (make: typeof randomReshufflingOrder, seed: number, count: number): ScheduledOrder =>
  make({ size: count, key: randomKey(seed) })

test.each([
  ['randomReshufflingOrder', randomReshufflingOrder],
  ['singleShuffleOrder', singleShuffleOrder],
] as const)('%s visits every example once an epoch', (_, make) => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 200 }), fc.nat(1000), (seed, size, epoch) => {
      expect(sorted(seeded(make, seed, size).epoch(epoch))).toEqual(range(size))
    }),
    { numRuns: 50 },
  )
})

test.each([
  ['randomReshufflingOrder', randomReshufflingOrder],
  ['singleShuffleOrder', singleShuffleOrder],
  ['withReplacementOrder', withReplacementOrder],
] as const)('%s: an epoch depends on the key and its number only', (_, make) => {
  const one = seeded(make, 7, 50)
  for (const epoch of [0, 1, 2]) one.epoch(epoch)
  expect(one.epoch(3)).toEqual(seeded(make, 7, 50).epoch(3))
  expect(one.epoch(3)).not.toEqual(seeded(make, 8, 50).epoch(3))
})

test('random reshuffling draws anew each epoch, single shuffle keeps its first order', () => {
  const fresh = seeded(randomReshufflingOrder, 3, 100)
  const once = seeded(singleShuffleOrder, 3, 100)
  expect(fresh.epoch(1)).not.toEqual(fresh.epoch(0))
  expect(once.epoch(1)).toEqual(once.epoch(0))
  expect(once.epoch(0)).toEqual(fresh.epoch(0))
})

test('random reshuffling is uniform over the orders of three examples', () => {
  const epochs = 6000
  const order = seeded(randomReshufflingOrder, 11, 3)
  const counts = new Map<string, number>()
  for (let epoch = 0; epoch < epochs; epoch++) {
    const permutation = order.epoch(epoch).join()
    counts.set(permutation, (counts.get(permutation) ?? 0) + 1)
  }
  expect(counts.size).toBe(6)
  const expected = epochs / 6
  const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(chiSquare).toBeLessThan(20.515) // 0.999 quantile, 5 degrees of freedom
})

test('with replacement an epoch misses about 1/e of the examples', () => {
  const count = 20_000
  const distinct = new Set(seeded(withReplacementOrder, 5, count).epoch(0)).size
  const missed = 1 - distinct / count
  expect(Math.abs(missed - Math.exp(-1))).toBeLessThan(0.01) // standard deviation 0.0022
})

test('incremental gradient keeps the given order', () => {
  expect([...incrementalGradientOrder({ size: 4 }).epoch(9)]).toEqual([0, 1, 2, 3])
  expect([...incrementalGradientOrder({ size: 4, permutation: [2, 0, 3, 1] }).epoch(1)]).toEqual([2, 0, 3, 1])
})

test('a caller cannot change an order by writing into an epoch', () => {
  const order = seeded(singleShuffleOrder, 1, 10)
  const before = [...order.epoch(0)]
  order.epoch(0).fill(0)
  expect([...order.epoch(0)]).toEqual(before)
})

test.each([
  ['no examples', () => randomReshufflingOrder({ size: 0, key: randomKey(0) }), /"size".*got 0/],
  ['a fraction of an example', () => singleShuffleOrder({ size: 1.5, key: randomKey(0) }), /got 1.5/],
  ['a negative epoch', () => withReplacementOrder({ size: 3, key: randomKey(0) }).epoch(-1), /epoch.*got -1/],
  ['a short permutation', () => incrementalGradientOrder({ size: 3, permutation: [0, 1] }), /got 2 entries/],
  ['a repeated index', () => incrementalGradientOrder({ size: 3, permutation: [0, 1, 1] }), /got 1 twice/],
  ['an index out of range', () => incrementalGradientOrder({ size: 3, permutation: [0, 1, 3] }), /got 3 at position 2/],
])('refuses %s', (_, make, message) => {
  expect(make).toThrow(message)
  try {
    make()
  } catch (error) {
    expect(LemanicError.isInstance(error, 'invalid-argument')).toBe(true)
  }
})
