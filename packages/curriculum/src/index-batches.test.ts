import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { incrementalGradient, indexBatches, randomReshuffling } from './index.js'

test('batches follow the order and never cross the end of an epoch', () => {
  const batches = indexBatches(incrementalGradient({ count: 5 }), { batchSize: 2 })
  expect(batches.batchesPerEpoch).toBe(2)
  expect([0, 1, 2, 3].map((step) => [...batches.at(step)])).toEqual([[0, 1], [2, 3], [0, 1], [2, 3]])
})

test('kept rests visit every example', () => {
  const batches = indexBatches(incrementalGradient({ count: 5 }), { batchSize: 2, rest: 'keep' })
  expect(batches.batchesPerEpoch).toBe(3)
  expect([2, 3].map((step) => [...batches.at(step)])).toEqual([[4], [0, 1]])
})

test('a step gives the same batch from whatever step one comes', () => {
  const make = () => indexBatches(randomReshuffling({ count: 10, key: randomKey(4) }), { batchSize: 3 })
  const forward = make()
  const steps = [0, 1, 2, 3, 4, 5, 6, 7]
  const inOrder = steps.map((step) => forward.at(step))
  expect(steps.toReversed().map((step) => make().at(step))).toEqual(inOrder.toReversed())
})

test.each([
  [0, /"batchSize".*1 to 5, got 0/],
  [6, /"batchSize".*1 to 5, got 6/],
])('refuses a batch of %i of 5 examples', (batchSize, message) => {
  expect(() => indexBatches(incrementalGradient({ count: 5 }), { batchSize })).toThrow(message)
})

test('refuses an unknown rest and a negative step', () => {
  const order = incrementalGradient({ count: 5 })
  expect(() => indexBatches(order, { batchSize: 2, rest: 'pad' as 'keep' })).toThrow(/"drop" or "keep", got "pad"/)
  expect(() => indexBatches(order, { batchSize: 2 }).at(-1)).toThrow(/step.*got -1/)
})
