import {
  createNativeBackend,
  inProcessCollectives,
  linear,
  matmul,
  memoryCheckpoints,
  meanSquaredError,
  randomKey,
  randomNormal,
  sgd,
  singleProcess,
  tanh,
  tensor,
  train,
  type Model,
  type Params,
  type Reducer,
  type Sampler,
  type State,
  type StepEndEvent,
  type Tensor,
  type TrainOptions,
} from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import {
  bucketed,
  compressedReducer,
  errorFeedback,
  fixedGains,
  gaussianChannel,
  gradientSpectrum,
  identity,
  laser,
  oneBitAdam,
  powerSgd,
  randomK,
  topK,
  withoutErrorFeedback,
  type Compressor,
} from './index.js'
import { planMatrices, matrixShape } from './low-rank/matrix-plan.js'

const backend = createNativeBackend({ threads: 1 })
interface Batch {
  readonly x: Tensor
  readonly y: Tensor
}
const model: Model<Batch, Tensor> = {
  init: (key) => ({
    first: randomNormal(key.foldIn(1), [16, 8], { backend, standardDeviation: 0.3 }),
    bias: randomNormal(key.foldIn(2), [16], { backend, standardDeviation: 0.1 }),
    second: randomNormal(key.foldIn(3), [4, 16], { backend, standardDeviation: 0.3 }),
  }),
  apply: (params, { x }) => linear(tanh(linear(x, params.first, params.bias)), params.second),
}
const truth = randomNormal(randomKey(99), [8, 4], { backend })
/** A batch follows from its step and worker alone. */
function sampler(): Sampler<Batch> {
  return {
    next(step, { worker }) {
      const x = randomNormal(randomKey(1).foldIn(step).foldIn(worker), [8, 8], { backend })
      return { x, y: tanh(matmul(x, truth)) }
    },
    state: () => ({ json: null, tensors: {} }),
    restore: () => undefined,
  }
}

async function run(
  reducer: Reducer | undefined,
  options: Partial<TrainOptions<Batch, Tensor>> = {},
): Promise<{ params: Params; steps: StepEndEvent[] }> {
  const steps: StepEndEvent[] = []
  const training = train({
    model,
    loss: (output, { y }) => meanSquaredError(output, y),
    sampler: sampler(),
    optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
    steps: 40,
    workers: 4,
    key: randomKey(7),
    ...(reducer === undefined ? {} : { reducer }),
    ...options,
  })
  for await (const event of training) {
    if (event.type === 'step-end') steps.push(event)
    if (event.type === 'train-end') return { params: event.params, steps }
  }
  throw new Error('training has no end')
}
const valuesOf = (params: Params): number[] =>
  Object.values(params).flatMap((value) => [...value.dataSync()].map(Number))
const apart = (a: Params, b: Params): number => {
  const other = valuesOf(b)
  return Math.max(...valuesOf(a).map((value, i) => Math.abs(value - other[i])))
}

describe('full rank and infinite power', () => {
  const channel = gaussianChannel({ power: Infinity })
  test.each<[string, Compressor]>([
    ['identity', identity()],
    ['LASER, both factors', laser({ rank: 99, minimumRate: 0, form: 'two-sided' })],
    [
      'LASER, half-step, square matrices',
      laser({
        rank: 99,
        minimumRate: 0,
        matrixShape: (_, s) => (s.length === 2 ? [s[0], s[1]] : undefined),
        iterations: 2,
      }),
    ],
    ['PowerSGD', powerSgd({ rank: 99, minimumRate: 0 })],
    ['random-k of everything', randomK({ fraction: 1 })],
  ])('%s is SGD to float precision', async (_, compressor) => {
    const exact = await run(undefined)
    const { needsErrorFeedback } = compressor.properties
    const reducer = compressedReducer({
      compressor: needsErrorFeedback ? errorFeedback(compressor) : compressor,
      channel,
    })
    const { params } = await run(reducer)
    expect(apart(exact.params, params)).toBeLessThan(2e-5)
  })
})

describe('error feedback', () => {
  test('cannot be off by accident', () => {
    expect(() => compressedReducer({ compressor: laser({ rank: 1 }) })).toThrow(/wrap it in errorFeedback/)
    expect(() => compressedReducer({ compressor: topK({ fraction: 0.1 }) })).toThrow(/loses parts/)
    compressedReducer({ compressor: withoutErrorFeedback(topK({ fraction: 0.1 })) })
  })

  test('an analog channel refuses payloads that cannot be summed', () => {
    const compressor = errorFeedback(topK({ fraction: 0.1 }))
    expect(() => compressedReducer({ compressor, channel: gaussianChannel({ power: 1 }) })).toThrow(
      /the channel "gaussian" sums/,
    )
  })

  test.each<[string, Compressor]>([
    ['LASER', laser({ rank: 1 })],
    ['PowerSGD', powerSgd({ rank: 1, minimumRate: 1 })],
    ['top-k', topK({ fraction: 0.1 })],
    ['random-k', randomK({ fraction: 0.1 })],
  ])('%s: what was received and what is held back add up to all gradients', async (_, compressor) => {
    const reducer = compressedReducer({ compressor: errorFeedback(compressor) })
    let state = reducer.init?.({ w: tensor(new Float32Array(120), [12, 10], { backend }) }, 1) as State
    const [total, received] = [new Float64Array(120), new Float64Array(120)]
    for (let step = 0; step < 30; step++) {
      const w = randomNormal(randomKey(3).foldIn(step), [1, 12, 10], { backend })
      const result = await reducer.reduce({ w }, { collectives: singleProcess, state, key: randomKey(step), step })
      w.dataSync().forEach((value, i) => (total[i] += Number(value)))
      result.reduced.w.dataSync().forEach((value, i) => (received[i] += Number(value)))
      state = result.state
    }
    state.tensors['0.memory.w']
      .dataSync()
      .forEach((value, i) => expect(received[i] + Number(value)).toBeCloseTo(total[i], 3))
  })

  test('is what lets a biased compressor converge', async () => {
    const compressor = randomK({ fraction: 0.05 })
    const last = ({ steps }: { steps: StepEndEvent[] }): number =>
      steps.slice(-20).reduce((sum, { loss }) => sum + loss / 20, 0)
    const settings = { steps: 150, optimizer: sgd({ learningRate: 0.2 }) }
    const withMemory = last(await run(compressedReducer({ compressor: errorFeedback(compressor) }), settings))
    const without = last(await run(compressedReducer({ compressor: withoutErrorFeedback(compressor) }), settings))
    expect(withMemory).toBeLessThan(0.7 * without)
  })

  test('a worker in a deep fade keeps all of its gradient', async () => {
    const channel = gaussianChannel({ power: Infinity, fading: fixedGains([1, 0.01]) })
    const reducer = compressedReducer({ compressor: errorFeedback(identity()), channel })
    const state = reducer.init?.({ w: tensor(new Float32Array(3), [3], { backend }) }, 2) as State
    const local = { w: tensor(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3], { backend }) }
    const result = await reducer.reduce(local, { collectives: singleProcess, state, key: randomKey(1), step: 0 })
    expect([...result.reduced.w.dataSync()]).toEqual([1, 2, 3])
    expect([...result.state.tensors['0.memory.w'].dataSync()]).toEqual([0, 0, 0, 4, 5, 6])
  })
})

test('a gradient of low rank is found by the warm start, and not by random-k', async () => {
  const [u, v] = [randomNormal(randomKey(1), [12, 2], { backend }), randomNormal(randomKey(2), [2, 10], { backend })]
  const local = { w: tensor(matmul(u, v).dataSync() as Float32Array, [1, 12, 10], { backend }) }
  const errors = async (compressor: Compressor): Promise<number> => {
    const reducer = compressedReducer({ compressor: withoutErrorFeedback(compressor), measureError: true })
    let state = reducer.init?.({ w: tensor(new Float32Array(120), [12, 10], { backend }) }, 1) ?? {
      json: null,
      tensors: {},
    }
    let error = 1
    for (let step = 0; step < 4; step++) {
      const result = await reducer.reduce(local, { collectives: singleProcess, state, key: randomKey(step), step })
      error = Number(result.telemetry?.compressionError)
      expect(result.telemetry?.estimateError).toBeCloseTo(error, 5)
      state = result.state
    }
    return error
  }
  expect(await errors(laser({ rank: 2 }))).toBeLessThan(1e-8)
  expect(await errors(randomK({ fraction: 0.4 }))).toBeGreaterThan(0.2)
})

test('the compression error is that of the message, memory included', async () => {
  for (const wrap of [(one: Compressor) => one, (one: Compressor) => bucketed(one)]) {
    const compressor = wrap(errorFeedback(topK({ fraction: 0.25 })))
    const reducer = compressedReducer({ compressor, measureError: true })
    let state = reducer.init?.({ w: tensor(new Float32Array(4), [4], { backend }) }, 1) as State
    const errors: unknown[] = []
    for (let step = 0; step < 2; step++) {
      const w = tensor(Float32Array.of(4, 2, 0, 0), [1, 4], { backend })
      const result = await reducer.reduce({ w }, { collectives: singleProcess, state, key: randomKey(step), step })
      errors.push(result.telemetry?.compressionError)
      state = result.state
    }
    // 4 of (4, 2) is sent, then 4 of (4, 4): the lower index of equal ones
    expect(errors).toEqual([expect.closeTo(4 / 20, 6), expect.closeTo(16 / 32, 6)])
  }
})

test('a gradient that was zero is compressed again when it is not', async () => {
  const reducer = compressedReducer({ compressor: withoutErrorFeedback(laser({ rank: 2 })), measureError: true })
  const zero = tensor(new Float32Array(120), [12, 10], { backend })
  let state = reducer.init?.({ w: zero }, 1) as State
  const full = randomNormal(randomKey(2), [1, 12, 10], { backend })
  for (let step = 0; step < 6; step++) {
    const w = step < 3 ? tensor(new Float32Array(120), [1, 12, 10], { backend }) : full
    const result = await reducer.reduce({ w }, { collectives: singleProcess, state, key: randomKey(step), step })
    const energy = valuesOf(result.reduced).reduce((sum, value) => sum + value ** 2, 0)
    expect(step < 3 ? energy === 0 : energy > 1).toBe(true)
    state = result.state
  }
})

test('a training that is resumed goes on as one that never stopped', async () => {
  const make = () => ({
    reducer: compressedReducer({
      compressor: errorFeedback(laser({ rank: 1, minimumRate: 1 })),
      channel: gaussianChannel({ power: 50 }),
    }),
  })
  const whole = await run(undefined, { ...make(), steps: 12 })
  const store = memoryCheckpoints()
  await run(undefined, { ...make(), steps: 5, checkpoint: { store } })
  const resumed = await run(undefined, { ...make(), steps: 12, checkpoint: { store } })
  expect(resumed.steps.length).toBe(7)
  expect(valuesOf(resumed.params)).toEqual(valuesOf(whole.params))
})

test('workers of two processes train as those of one simulation', async () => {
  const reducer = () => compressedReducer({ compressor: errorFeedback(powerSgd({ rank: 1, minimumRate: 1 })) })
  const alone = await run(reducer(), { steps: 10 })
  const ends = await Promise.all(
    inProcessCollectives(2).map((collectives) => run(reducer(), { steps: 10, workers: 2, collectives })),
  )
  expect(valuesOf(ends[0].params)).toEqual(valuesOf(ends[1].params))
  expect(apart(ends[0].params, alone.params)).toBeLessThan(1e-4)
})

test('1-bit Adam learns, and sends one bit an entry after its warm-up', async () => {
  const { compressor, optimizer } = oneBitAdam({ warmupSteps: 20, learningRate: 0.01 })
  const { steps } = await run(compressedReducer({ compressor }), { optimizer, steps: 120 })
  expect(steps[119].loss).toBeLessThan(0.4 * steps[0].loss)
  expect(steps[19].telemetry.bytes).toBe(4 * 208)
  expect(steps[20].telemetry.bytes).toBe(3 * 4 + 208 / 8)
})

test('telemetry: bytes, power, time and spectrum', async () => {
  let now = 0
  const reducer = compressedReducer({
    compressor: errorFeedback(laser({ rank: 1, minimumRate: 1 })),
    channel: gaussianChannel({ power: 9 }),
    clock: () => (now += 1),
    measureSpectrum: { every: 2, top: 1 },
  })
  const { steps } = await run(reducer, { steps: 3 })
  const [first, second] = steps.map(({ telemetry }) => telemetry)
  // first [16, 8] sends its right factor of 8, second [4, 16] one of 16; then 16 and 4; the bias is whole.
  expect(first.bytes).toBe(4 * (8 + 16 + 16))
  expect(second.bytes).toBe(4 * (16 + 4 + 16))
  expect(first.uncompressedBytes).toBe(4 * 208)
  expect(first.powerBudget).toBe(9)
  expect((first.seconds as Record<string, number>).orthogonalization).toBeCloseTo(0.001, 6)
  const spectrum = first.spectrum as Record<string, number>
  expect(spectrum.first).toBeGreaterThan(0.1)
  expect(spectrum.first).toBeLessThanOrEqual(1)
  expect(second.spectrum).toBeUndefined()
})

test('the spectrum of a matrix of known singular values', () => {
  const diagonal = tensor(Float32Array.of(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0), [4, 3], { backend })
  const shares = gradientSpectrum({ a: diagonal, b: tensor([1, 2], undefined, { backend }) }, { top: 1 })
  expect(Object.keys(shares)).toEqual(['a'])
  expect(shares.a).toBeCloseTo(9 / 14, 5)
})

test("bytes of the paper's models: GPT-2 495.9 MB to 3.27, ResNet-18 44.7 to 0.33", () => {
  const d = 768
  const block: [string, number[]][] = [
    ['qkv', [d, 3 * d]],
    ['out', [d, d]],
    ['up', [d, 4 * d]],
    ['down', [4 * d, d]],
    ['norm1', [d]],
    ['norm2', [d]],
  ]
  const gpt2: Record<string, number[]> = { tokens: [50304, d], positions: [512, d], norm: [d] }
  for (let i = 0; i < 12; i++) for (const [name, shape] of block) gpt2[`${i}.${name}`] = shape

  const resnet: Record<string, number[]> = { stem: [3, 3, 3, 64], head: [512, 10], headBias: [10] }
  const norm = (name: string, width: number) =>
    Object.assign(resnet, { [`${name}.g`]: [width], [`${name}.b`]: [width] })
  norm('stem', 64)
  let before = 64
  for (const [stage, width] of [64, 128, 256, 512].entries()) {
    for (const unit of [0, 1]) {
      const name = `${stage}.${unit}`
      resnet[`${name}.a`] = [3, 3, before, width]
      resnet[`${name}.c`] = [3, 3, width, width]
      norm(`${name}.a`, width)
      norm(`${name}.c`, width)
      if (before !== width) {
        resnet[`${name}.s`] = [1, 1, before, width]
        norm(`${name}.s`, width)
      }
      before = width
    }
  }
  const size = (shape: number[]): number => shape.reduce((a, b) => a * b, 1)
  const megabytes = (shapes: Record<string, number[]>, rank: number): [whole: number, sent: number] => {
    const plan = planMatrices(shapes, { where: 'test', rank, minimumRate: 2, factors: 0.5, matrixShape })
    const whole = plan.whole.reduce((sum, name) => sum + size(shapes[name]), 0)
    const factors = plan.groups.reduce((sum, g) => sum + 0.5 * g.rank * (g.rows + g.columns) * g.names.length, 0)
    return [(4 * Object.values(shapes).reduce((sum, s) => sum + size(s), 0)) / 1e6, (4 * (whole + factors)) / 1e6]
  }
  const [gptWhole, gptSent] = megabytes(gpt2, 8)
  expect(gptWhole).toBeCloseTo(495.92, 2)
  expect(gptSent).toBeCloseTo(3.27, 1)
  const [resnetWhole, resnetSent] = megabytes(resnet, 4)
  expect(resnetWhole).toBeCloseTo(44.7, 1)
  expect(resnetSent).toBeCloseTo(0.33, 2)
})
