import { nativeLoadError } from '@lemanic/tensor-native'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.js'
import { createNativeBackend } from '../backends/native.js'
import { createWasmBackendSync } from '../backends/wasm.js'
import { setDefaultBackend } from '../default-backend.js'
import { multiply } from '../operations/binary.js'
import { mean } from '../operations/reduction.js'
import { accumulateGradients } from '../optimizers/accumulate-gradients.js'
import { adamw } from '../optimizers/adamw.js'
import { chain } from '../optimizers/chain.js'
import { clipByGlobalNorm } from '../optimizers/clip.js'
import { exponentialMovingAverage } from '../optimizers/exponential-moving-average.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import { cosineSchedule } from '../optimizers/schedules.js'
import { sgd } from '../optimizers/sgd.js'
import { signum } from '../optimizers/signum.js'
import { randomKey } from '../random/key.js'
import type { Tensor } from '../tensor.js'
import { memoryCheckpoints } from './checkpoint.js'
import { meanReducer } from './mean-reducer.js'
import type { TrainOptions } from './options.js'
import { randomReshuffling } from './random-reshuffling.js'
import { batchOf, collect, examples, loss, model, optionsOf, type Batch } from './test-training.js'

const engines: [string, () => Backend][] = [
  ...(nativeLoadError() === undefined ? ([['native', () => createNativeBackend()]] as [string, () => Backend][]) : []),
  ['wasm', () => createWasmBackendSync()],
]

describe.each(engines)('compiled training, %s', (_, create) => {
  let backend: Backend
  let former: Backend | undefined
  beforeAll(() => {
    backend = create()
    former = setDefaultBackend(backend)
  })
  afterAll(() => {
    backend.dispose?.()
    setDefaultBackend(former)
  })

  const run = async (more: Partial<TrainOptions<Batch, Tensor>>) => {
    const { events, losses, params } = await collect(optionsOf(more))
    const norms = events.flatMap((event) => (event.type === 'step-end' ? [event.gradientNorm, event.metrics] : []))
    const end = events.find((event) => event.type === 'train-end')
    if (end === undefined) throw new Error('training did not end')
    return { losses, params, norms, compilation: end.compilation }
  }
  const expectSame = async (more: Partial<TrainOptions<Batch, Tensor>>) => {
    const compiled = await run(more)
    const { compilation, ...numbers } = await run({ ...more, compile: false })
    expect(compiled).toMatchObject(numbers)
    expect(compilation.gradient).toMatchObject({ replays: 0, recordings: 0 })
    return compiled.compilation
  }

  const rich = (): Partial<TrainOptions<Batch, Tensor>> => ({
    steps: 200,
    accumulate: 3,
    workers: 2,
    reducer: meanReducer(),
    loss: (output, batch) => ({ loss: loss(output, batch), aux: { mean: mean(output), constant: 3 } }),
    optimizer: chain(
      clipByGlobalNorm(0.5),
      adamw({ learningRate: cosineSchedule({ peak: 0.05, steps: 200, warmup: 20 }), weightDecay: 0.1 }),
    ),
  })

  test('200 steps with schedule, dropout, clipping, accumulation and a reducer: bit-equal to eager', async () => {
    const { gradient, update } = await expectSame(rich())
    // two forms of arguments: the first micro-batch, and those that add to a sum
    expect(gradient).toEqual({ replays: 200 * 6 - 2, recordings: 2, eager: 0, reason: undefined })
    expect(update).toEqual({ replays: 199, recordings: 1, eager: 0, reason: undefined })
  })

  test('resumed in the middle, it gives the numbers of one that never stopped', async () => {
    const whole = await run(rich())
    const store = memoryCheckpoints()
    const stop = new AbortController()
    const reporter = { report: (event: { type: string; step?: number }) => void (event.step === 73 && stop.abort()) }
    const first = await run({ ...rich(), checkpoint: { store }, signal: stop.signal, reporters: [reporter] })
    expect(first.losses).toHaveLength(73)
    const second = await run({ ...rich(), checkpoint: { store } })
    expect([...first.losses, ...second.losses]).toEqual(whole.losses)
    expect(second.params).toEqual(whole.params)
    expect(second.compilation.update.replays).toBe(126)
  })

  test.each<[string, () => Optimizer]>([
    ['sgd with momentum', () => sgd({ learningRate: (step) => 0.1 / (1 + step), momentum: 0.9, nesterov: true })],
    ['signum', () => signum({ learningRate: (step) => 0.01 / (1 + step), weightDecay: 0.1 })],
    ['a moving average', () => exponentialMovingAverage(adamw({ learningRate: 0.01 }), { decay: 0.9, warmup: true })],
    ['every third update', () => accumulateGradients(adamw({ learningRate: (step) => 0.02 / (1 + step) }), 3)],
  ])('%s: bit-equal to eager', async (_name, optimizer) => {
    const { update } = await expectSame({ steps: 30, optimizer: optimizer() })
    expect(update).toMatchObject({ reason: undefined, eager: 0 })
    expect(update.replays).toBeGreaterThan(20)
  })

  test('the last, smaller batch of an epoch is another recording', async () => {
    const sampler = () =>
      randomReshuffling({ size: examples, batchSize: 7, key: randomKey(2), batch: batchOf, partial: 'keep' })
    const compiled = await run({ steps: 20, sampler: sampler() })
    const { compilation, ...eager } = await run({ steps: 20, sampler: sampler(), compile: false })
    expect(compiled).toMatchObject(eager)
    expect(compilation.update.replays).toBe(0)
    expect(compiled.compilation.gradient).toMatchObject({ recordings: 2, replays: 18 })
  })

  test('what cannot be compiled runs eagerly and says why', async () => {
    const custom = sgd({ learningRate: 0.1 })
    const { gradient, update } = await expectSame({
      model: {
        ...model,
        apply: (params, batch, context) =>
          multiply(model.apply(params, batch, context), 1 + (context?.step ?? 0) / 100),
      },
      optimizer: {
        init: custom.init,
        update: (grads, state, params, step) => custom.update(grads, state, params, step),
      },
    })
    expect(gradient).toMatchObject({ replays: 0, reason: 'context.step was read in JavaScript' })
    expect(update).toMatchObject({ replays: 0, reason: 'the optimizer does not say that it isCompilable' })
  })

  test('a training leaves no memory behind, whether it ends, stops or fails', async () => {
    const before = backend.memory()
    await run({ steps: 5 })
    await expect(run({ steps: 5, loss: (output) => multiply(mean(output), NaN) })).rejects.toThrow('loss of step 1')
    const overflow: Partial<TrainOptions<Batch, Tensor>> = { steps: 50, optimizer: sgd({ learningRate: 1e30 }) }
    await expect(run(overflow)).rejects.toThrow('the parameters still are those')
    expect(backend.memory()).toMatchObject({ buffers: before.buffers, bytes: before.bytes })
  })
})
