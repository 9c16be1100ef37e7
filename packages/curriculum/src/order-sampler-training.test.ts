import {
  createBackend,
  createCpuBackend,
  linear,
  meanSquaredError,
  memoryCheckpoints,
  type Model,
  randomKey,
  randomNormal,
  randomReshuffling,
  sgd,
  setDefaultBackend,
  tensor,
  type Tensor,
  train,
  type Backend,
} from '@lemanic/tensor-core'
import { checkSampler } from '@lemanic/tensor-core/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createOrder,
  createOrderSampler,
  fixedBatches,
  orderSampler,
  type OrderName,
  samplerOrderNames,
} from './index.js'

let backend: Backend
beforeAll(async () => {
  backend = createCpuBackend()
  await createBackend({ backend })
})
afterAll(() => setDefaultBackend(undefined))

interface Batch {
  readonly x: Tensor
  readonly y: Tensor
  readonly indices: readonly number[]
}
const size = 24
const features = Array.from({ length: size }, (_, unit) => [Math.sin(unit * unit), Math.cos(3 * unit), unit / size])
const batch = (indices: Int32Array): Batch => ({
  x: tensor([...indices].map((unit) => features[unit]!)),
  y: tensor([...indices].map((unit) => [features[unit]![0]! - 2 * features[unit]![1]! + Math.sin(unit)])),
  indices: [...indices],
})
const model: Model<Batch, Tensor> = {
  init: (key) => ({ weight: randomNormal(key, [1, 3]) }),
  apply: (params, { x }) => linear(x, params.weight!),
}

async function lossesOf(order: OrderName | undefined, steps: number, checkpoint?: object): Promise<number[]> {
  const key = randomKey(4)
  const losses: number[] = []
  for await (const event of train({
    model,
    loss: (output, { y }) => meanSquaredError(output, y),
    sampler: createOrderSampler({ order, size, batchSize: 4, key: key.foldIn('order'), batch }),
    optimizer: sgd({ learningRate: 0.05 }),
    steps,
    key,
    ...checkpoint,
  })) {
    if (event.type === 'step-end') losses.push(event.loss)
  }
  return losses
}

test.each(samplerOrderNames)(
  '%s: train feeds it, and a run resumed mid-epoch has the loss curve of one that went through',
  async (order) => {
    const whole = await lossesOf(order, 17)
    const store = memoryCheckpoints()
    const first = await lossesOf(order, 8, { checkpoint: { store } })
    const rest = await lossesOf(order, 17, { checkpoint: { store } })
    expect([...first, ...rest]).toEqual(whole)
  },
)

test.each(samplerOrderNames.filter((name) => !createOrder({ name, size: 6, key: randomKey(0) }).learns))(
  '%s keeps the contract of samplers',
  async (order) => {
    for (const partial of ['drop', 'keep', 'carry'] as const) {
      await checkSampler({
        create: () =>
          createOrderSampler({
            order,
            size: 10,
            batchSize: 4,
            key: randomKey(2),
            partial,
            batch: (indices) => [...indices],
          }),
        identify: (indices) => indices.join(),
        backend,
      })
    }
  },
)

test('no order named is random reshuffling, as tensor-core has it', () => {
  const part = { microBatch: 0, worker: 0 }
  const options = { size: 10, batchSize: 3, key: randomKey(1), batch: (indices: Int32Array) => indices.join() }
  const [ours, theirs] = [createOrderSampler(options), randomReshuffling(options)]
  for (let step = 0; step < 20; step++) expect(ours.next(step, part)).toBe(theirs.next(step, part))
})

test('carried batches reach over the end of an epoch, and every example comes once an epoch', () => {
  const sampler = createOrderSampler({
    size: 10,
    batchSize: 4,
    key: randomKey(1),
    partial: 'carry',
    batch: (indices) => [...indices],
  })
  const seen = Array.from({ length: 5 }, (_, step) => sampler.next(step, { microBatch: 0, worker: 0 })).flat()
  expect([...seen.slice(0, 10)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect([...seen.slice(10)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('ranks train on batches that do not overlap', () => {
  const samplers = [0, 1].map((rank) =>
    createOrderSampler({
      size: 12,
      batchSize: 3,
      key: randomKey(1),
      rank,
      worldSize: 2,
      batch: (indices) => [...indices],
    }),
  )
  const epoch = samplers.flatMap((sampler) =>
    [0, 1].flatMap((step) => sampler.next(step, { microBatch: 0, worker: 0 })),
  )
  expect([...epoch].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
})

test('fixed batches hold every example once; without a key they are consecutive', () => {
  const shuffled = fixedBatches({ size: 10, batchSize: 4, key: randomKey(3), partial: 'keep' })
  expect(shuffled.map(({ length }) => length)).toEqual([4, 4, 2])
  expect(shuffled.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(fixedBatches({ size: 5, batchSize: 2 }).map((indices) => [...indices])).toEqual([
    [0, 1],
    [2, 3],
  ])
})

test('a learning order in a step of several units says what to do', async () => {
  const run = async () => {
    const order = createOrder({ name: 'pair-balance', size: 6, key: randomKey(0) })
    for await (const _ of train({
      model,
      loss: (output, { y }) => meanSquaredError(output, y),
      sampler: orderSampler(order, { batches: fixedBatches({ size, batchSize: 4 }), batch }),
      optimizer: sgd({ learningRate: 0.05 }),
      steps: 2,
      accumulate: 2,
      key: randomKey(0),
    }));
  }
  await expect(run()).rejects.toThrow(/one unit a step, got 2[\s\S]*without accumulation/)
})
