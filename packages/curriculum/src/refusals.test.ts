import { LemanicError, randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import {
  blockShuffleOrder,
  createOrder,
  createOrderSampler,
  fixedBatches,
  gradientSortedOrder,
  labelSortedOrder,
  meanBalanceOrder,
  orderNames,
  orderSampler,
  randomReshufflingOrder,
  recursiveBalanceOrder,
  weightedOrder,
} from './index.js'

const key = randomKey(0)
const order = () => meanBalanceOrder({ size: 3, key })
const batch = (indices: Int32Array) => [...indices]

test.each<[string, string, () => unknown, RegExp]>([
  ...orderNames.map((name): [string, string, () => unknown, RegExp] => [
    `${name} of an empty data set`,
    'invalid-argument',
    () =>
      createOrder({ name, size: 0, key, labels: [], weights: [], gradients: { size: 0, dimension: 1, values: [] } }),
    /size"? .*0/,
  ]),
  [
    'a rank beyond the world',
    'invalid-argument',
    () => randomReshufflingOrder({ size: 9, key, rank: 2, worldSize: 2 }),
    /"rank".*0 to 1, got 2/,
  ],
  [
    'more ranks than units',
    'invalid-argument',
    () => meanBalanceOrder({ size: 2, key, worldSize: 3 }),
    /"worldSize".*1 to 2 .*got 3/,
  ],
  [
    'an unknown name',
    'unknown-order',
    () => createOrder({ name: 'shuffle' as 'weighted', size: 3, key }),
    /got "shuffle"[\s\S]*random-reshuffling/,
  ],
  [
    'labels that are missing',
    'invalid-argument',
    () => createOrder({ name: 'label-sorted', size: 3, key }),
    /"labels" for 3 units, got none/,
  ],
  [
    'labels of another size',
    'invalid-argument',
    () => createOrder({ name: 'label-sorted', size: 3, key, labels: [1] }),
    /got it for 1/,
  ],
  ['a label that is no number', 'invalid-argument', () => labelSortedOrder({ labels: [0, NaN] }), /got NaN for unit 1/],
  ['a negative weight', 'invalid-argument', () => weightedOrder({ weights: [1, -2], key }), /got -2 for unit 1/],
  ['weights of sum 0', 'invalid-argument', () => weightedOrder({ weights: [0, 0], key }), /the sum 0/],
  [
    'a block larger than the data',
    'invalid-argument',
    () => blockShuffleOrder({ size: 5, key, blockSize: 6 }),
    /"blockSize".*1 to 5, got 6/,
  ],
  [
    'a buffer of no block',
    'invalid-argument',
    () => blockShuffleOrder({ size: 5, key, bufferBlocks: 0 }),
    /"bufferBlocks"/,
  ],
  [
    'a direction of another length',
    'invalid-argument',
    () => gradientSortedOrder({ gradients: { size: 1, dimension: 2, values: [1, 2] }, direction: [1] }),
    /2 entries.*got 1/,
  ],
  ['a depth of 0', 'invalid-argument', () => recursiveBalanceOrder({ size: 4, key, depth: 0 }), /"depth".*got 0/],
  [
    'a batch larger than the data',
    'invalid-argument',
    () => orderSampler(order(), { batchSize: 4, batch }),
    /"batchSize".*1 to 3, got 4/,
  ],
  [
    'fixed batches larger than the data',
    'invalid-argument',
    () => fixedBatches({ size: 3, batchSize: 4 }),
    /1 to 3, got 4/,
  ],
  ['fixed batches of nothing', 'invalid-argument', () => fixedBatches({ size: 0, batchSize: 1 }), /empty data set/],
  [
    'batches of a learning order by example',
    'invalid-argument',
    () => orderSampler(order(), { batchSize: 2, batch }),
    /batch of 2 examples does not have/,
  ],
  [
    'another number of batches',
    'invalid-argument',
    () => orderSampler(order(), { batches: [[0], [1]], batch }),
    /2 units.*got one of 3/,
  ],
  [
    'ranks that end epochs at different steps',
    'invalid-argument',
    () => orderSampler(randomReshufflingOrder({ size: 5, key, worldSize: 2 }), { batchSize: 1, batch }),
    /5 examples do not divide among 2 ranks/,
  ],
  [
    'gradients that nobody knows',
    'unknown-order',
    () => createOrderSampler({ order: 'gradient-sorted', size: 3, batchSize: 1, key, batch }),
    /needs the gradients/,
  ],
])('refuses %s', (_, code, act, message) => {
  let caught: unknown
  try {
    act()
  } catch (error) {
    caught = error
  }
  expect(LemanicError.isInstance(caught, code)).toBe(true)
  expect((caught as Error).message).toMatch(message)
})

test('a learning order insists on every gradient, in turn, finite and of one length', () => {
  expect(() => order().observe(0, [1])).toThrow(/no gradient before next\(\)/)
  const wrong = order()
  const unit = wrong.next()
  expect(() => wrong.observe((unit + 1) % 3, [1])).toThrow(`expected the gradient of unit ${unit}`)
  expect(() => wrong.observe(unit, [1, NaN])).toThrow(/finite numbers/)
  expect(() => wrong.observe(unit, [])).toThrow(/at least one number\(s\), got 0/)
  wrong.observe(unit, [1, 2])
  expect(() => wrong.observe(wrong.next(), [1])).toThrow(/2 number\(s\), got 1/)
  const missing = order()
  for (let visit = 0; visit < 3; visit++) missing.next()
  expect(() => missing.next()).toThrow(/gradients of all 3 units of epoch 0.*got 0/)
})

test('a learned state without its arrays, or with damaged counts, is refused', () => {
  const learned = order()
  const unit = learned.next()
  learned.observe(unit, [1, 2])
  const state = learned.state()
  expect(() => order().restore({ ...state, arrays: {} })).toThrow(/array "order" of 3 integers.*got none/)
  const { signedSum: _, ...rest } = state.arrays
  expect(() => order().restore({ ...state, arrays: rest })).toThrow(/array "signedSum" of 2 numbers/)
  const json = { ...(state.json as object), position: 9 }
  expect(() => order().restore({ ...state, json })).toThrow(/"position" to be an integer from 0 to 3, got 9/)
})
