import { randomKey, randomReshuffling, type Sampler, type State } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { incrementalGradientOrder, orderSampler, randomReshufflingOrder } from './index.js'

const batch = (indices: Int32Array): number[] => [...indices]
const part = { microBatch: 0, worker: 0 }
const take = (sampler: Sampler<number[]>, steps: number): number[][] =>
  Array.from({ length: steps }, (_, step) => sampler.next(step, part))

test('batches follow the order and never cross the end of an epoch', () => {
  const sampler = orderSampler(incrementalGradientOrder({ size: 5 }), { batchSize: 2, batch })
  expect(take(sampler, 4)).toEqual([
    [0, 1],
    [2, 3],
    [0, 1],
    [2, 3],
  ])
})

test('kept rests visit every example', () => {
  const sampler = orderSampler(incrementalGradientOrder({ size: 5 }), { batchSize: 2, batch, partial: 'keep' })
  expect(take(sampler, 4)).toEqual([[0, 1], [2, 3], [4], [0, 1]])
})

test.each(['drop', 'keep'] as const)("equals tensor-core's own random reshuffling (%s)", (partial) => {
  const key = randomKey(4)
  const ours = orderSampler(randomReshufflingOrder({ size: 10, key }), { batchSize: 3, batch, partial })
  expect(take(ours, 12)).toEqual(take(randomReshuffling({ size: 10, key, batchSize: 3, batch, partial }), 12))
})

test('a restored sampler goes on as if it had never stopped', () => {
  const make = () =>
    orderSampler(randomReshufflingOrder({ size: 10, key: randomKey(4) }), { batchSize: 3, batch, partial: 'keep' })
  for (const stop of [0, 1, 4, 5]) {
    const first = make()
    take(first, stop)
    const second = make()
    second.restore(first.state())
    expect(take(second, 6)).toEqual(take(first, 6))
  }
})

test('refuses impossible options and foreign states', () => {
  const order = incrementalGradientOrder({ size: 5 })
  for (const batchSize of [0, 6, 1.5])
    expect(() => orderSampler(order, { batchSize, batch })).toThrow(/"batchSize".*1 to 5/)
  expect(() => orderSampler(order, { batchSize: 2, batch, partial: 'pad' as 'keep' })).toThrow(
    /"drop", "keep" or "carry", got "pad"/,
  )
  const sampler = orderSampler(order, { batchSize: 2, batch })
  const foreign: State['json'][] = [null, {}, { epoch: 0, position: 0, size: 6 }]
  for (const json of foreign) {
    expect(() => sampler.restore({ json, tensors: {} })).toThrow(/state of/)
  }
})
