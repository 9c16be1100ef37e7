import { beforeAll, describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { defaultBackend, setDefaultBackend } from '../default-backend.js'
import { LemanicError } from '../errors.js'
import { mean } from '../operations/reduction.js'
import { tensor, zeros } from '../operations/creation.js'
import { multiply } from '../operations/binary.js'
import { sgd } from '../optimizers/sgd.js'
import { axpyParams } from '../params/arithmetic.js'
import { cloneParams, disposeParams, zerosLikeParams } from '../params/lifetime.js'
import type { Params } from '../params/params.js'
import { randomKey } from '../random/key.js'
import type { Tensor } from '../tensor.js'
import { memoryCheckpoints } from './checkpoint.js'
import { everySteps, lossEvaluator } from './evaluator.js'
import type { Context } from './context.js'
import { meanReducer } from './mean-reducer.js'
import type { Model } from './model.js'
import { randomReshuffling } from './random-reshuffling.js'
import type { Reducer } from './reducer.js'
import { batchOf, collect, examples, loss, model, optionsOf, type Batch } from './test-training.js'
import { train } from './train.js'

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})

const buffers = (): number => defaultBackend().memory().buffers

describe('events', () => {
  test('come in order, with their numbers', async () => {
    let now = 0
    const { events } = await collect(
      optionsOf({
        steps: 2,
        clock: () => (now += 250),
        measure: () => ({ examples: 5, tokens: 20 }),
        evaluators: [lossEvaluator({ model, loss, batches: () => [batchOf(Int32Array.of(0, 1))] })],
      }),
    )
    expect(events.map(({ type }) => type)).toEqual([
      'train-start',
      'step-end',
      'step-end',
      'evaluation-end',
      'train-end',
    ])
    expect(events[0]).toMatchObject({ step: 0, steps: 2, parameterCount: 40, resumedFrom: undefined })
    expect(events[1]).toMatchObject({
      step: 1,
      steps: 2,
      learningRate: 0.02,
      seconds: 0.25,
      examplesPerSecond: 20,
      tokensPerSecond: 80,
      metrics: {},
      telemetry: {},
    })
    expect(events[4]).toMatchObject({ step: 2, reason: 'completed' })
  })

  test('training lowers the loss by half', async () => {
    const evaluator = lossEvaluator({
      model,
      loss,
      batches: () => [batchOf(Int32Array.from({ length: examples }, (_, i) => i))],
      isDue: (completed, total) => completed % total === 0,
    })
    const { events } = await collect(optionsOf({ steps: 150, evaluators: [evaluator] }))
    const [before, after] = events.flatMap((event) =>
      event.type === 'evaluation-end' ? [event.metrics['loss'] as number] : [],
    )
    expect(after).toBeLessThan((before as number) / 2)
  })

  test('reporters hear every event first', async () => {
    const heard: string[] = []
    const { events } = await collect(
      optionsOf({ steps: 2, reporters: [{ report: (event) => void heard.push(event.type) }] }),
    )
    expect(heard).toEqual(events.map(({ type }) => type))
  })

  test('what the loss returns beside the loss becomes metrics', async () => {
    const { events } = await collect(
      optionsOf({
        steps: 1,
        loss: (output, batch) => ({ loss: loss(output, batch), aux: { meanOutput: mean(output), constant: 3 } }),
      }),
    )
    expect(events[1]).toMatchObject({ metrics: { constant: 3, meanOutput: expect.any(Number) as number } })
  })
})

describe('the same numbers', () => {
  test('for the same key, others for another', async () => {
    const first = await collect(optionsOf())
    expect(await collect(optionsOf())).toMatchObject({ losses: first.losses, params: first.params })
    expect((await collect(optionsOf({ key: randomKey(9) }))).losses).not.toEqual(first.losses)
  })

  test('accumulated micro-batches are the mean gradient of their union', async () => {
    const plain: Model<Batch, Tensor> = { ...model, apply: (params, batch) => model.apply(params, batch) }
    const size = { size: examples, key: randomKey(2), batch: batchOf }
    const optimizer = sgd({ learningRate: 0.1 })
    const whole = await collect(
      optionsOf({ model: plain, optimizer, sampler: randomReshuffling({ ...size, batchSize: 12 }) }),
    )
    const parts = await collect(
      optionsOf({ model: plain, optimizer, sampler: randomReshuffling({ ...size, batchSize: 4 }), accumulate: 3 }),
    )
    const workers = await collect(
      optionsOf({ model: plain, optimizer, sampler: randomReshuffling({ ...size, batchSize: 4 }), workers: 3 }),
    )
    for (const other of [parts, workers]) {
      other.losses.forEach((value, i) => expect(value).toBeCloseTo(whole.losses[i] as number, 5))
    }
  })
})

describe('the context', () => {
  test('has another key at every step, worker and micro-batch, the same in another run', async () => {
    const record = async (): Promise<Context[]> => {
      const seen: Context[] = []
      const watching: Model<Batch, Tensor> = {
        ...model,
        apply: (params, batch, context) => (seen.push(context as Context), model.apply(params, batch, context)),
      }
      await collect(
        optionsOf({
          model: watching,
          steps: 3,
          accumulate: 2,
          workers: 2,
          evaluators: [lossEvaluator({ model: watching, loss, batches: () => [batchOf(Int32Array.of(0))] })],
        }),
      )
      return seen
    }
    const seen = await record()
    expect(seen.map(({ step, training }) => [step, training])).toEqual([
      ...[0, 1, 2].flatMap((step) => Array.from({ length: 4 }, () => [step, true])),
      [3, false],
    ])
    expect(new Set(seen.map(({ key }) => key.toString())).size).toBe(13)
    expect((await record()).map(({ key }) => key.toString())).toEqual(seen.map(({ key }) => key.toString()))
  })
})

/** Adds half of what it gave last time: its state decides the numbers. */
const momentumReducer: Reducer = {
  init: (params) => ({ json: { calls: 0 }, tensors: zerosLikeParams(params) }),
  async reduce(local, context) {
    const { reduced } = await meanReducer().reduce(local, context)
    const mixed = axpyParams(0.5, context.state.tensors, reduced)
    disposeParams(reduced)
    const calls = (context.state.json as { readonly calls: number }).calls + 1
    return { reduced: mixed, state: { json: { calls }, tensors: cloneParams(mixed) }, telemetry: { calls } }
  },
}

describe('resuming', () => {
  test("continues with the reducer's state, which its telemetry shows", async () => {
    const more = { workers: 2, reducer: momentumReducer }
    const before = buffers()
    const whole = await collect(optionsOf({ ...more, steps: 6 }))
    expect(whole.events.flatMap((event) => (event.type === 'step-end' ? [event.telemetry['calls']] : []))).toEqual([
      1, 2, 3, 4, 5, 6,
    ])
    const store = memoryCheckpoints()
    await collect(optionsOf({ ...more, steps: 4, checkpoint: { store } }))
    const rest = await collect(optionsOf({ ...more, steps: 6, checkpoint: { store } }))
    expect(rest.losses).toEqual(whole.losses.slice(4))
    expect(rest.params).toEqual(whole.params)
    expect((await collect(optionsOf({ workers: 2, steps: 6 }))).losses).not.toEqual(whole.losses)
    expect(buffers()).toBe(before)
  })

  test.each([1, 7])('after %s steps equals an uninterrupted training, bit for bit', async (stop) => {
    const store = memoryCheckpoints()
    const whole = await collect(optionsOf({ steps: 12, accumulate: 2 }))
    const abort = new AbortController()
    const losses: number[] = []
    for await (const event of train(optionsOf({ accumulate: 2, checkpoint: { store }, signal: abort.signal }))) {
      if (event.type === 'step-end') losses.push(event.loss)
      if (event.type === 'step-end' && event.step === stop) abort.abort()
      if (event.type === 'train-end') {
        expect(event).toMatchObject({ reason: 'aborted', step: stop })
        disposeParams(event.params)
      }
    }
    const rest = await collect(optionsOf({ accumulate: 2, checkpoint: { store } }))
    expect(rest.events[0]).toMatchObject({ type: 'train-start', step: stop, resumedFrom: `memory, step ${stop}` })
    expect([...losses, ...rest.losses]).toEqual(whole.losses)
    expect(rest.params).toEqual(whole.params)
  })

  test('a finished training is not repeated, and can be prolonged', async () => {
    const store = memoryCheckpoints()
    const short = await collect(optionsOf({ steps: 4, checkpoint: { store } }))
    const again = await collect(optionsOf({ steps: 4, checkpoint: { store } }))
    expect(again.events.map(({ type }) => type)).toEqual(['train-start', 'train-end'])
    expect(again.params).toEqual(short.params)
    expect((await collect(optionsOf({ steps: 6, checkpoint: { store } }))).losses).toHaveLength(2)
  })

  test('saves every so often and at the end', async () => {
    const { events } = await collect(optionsOf({ steps: 5, checkpoint: { store: memoryCheckpoints(), every: 2 } }))
    expect(events.flatMap((event) => (event.type === 'checkpoint-saved' ? [event.step] : []))).toEqual([2, 4, 5])
  })

  test('refuses a checkpoint of another training', async () => {
    const store = memoryCheckpoints()
    await collect(optionsOf({ steps: 4, checkpoint: { store } }))
    await expect(collect(optionsOf({ steps: 4, key: randomKey(5), checkpoint: { store } }))).rejects.toThrow(
      /made with the key \[0, 1\], this training has \[0, 5\]/,
    )
    await expect(collect(optionsOf({ steps: 3, checkpoint: { store } }))).rejects.toThrow(
      /4 steps done, this training asks for 3/,
    )
    await expect(collect(optionsOf({ optimizer: sgd(), checkpoint: { store } }))).rejects.toThrow(
      /optimizer's state in the checkpoint .*differ\s+unexpected:\s+first\.hidden\.weight/,
    )
    const wider: Model<Batch, Tensor> = { ...model, init: (key) => ({ ...model.init(key), 'hidden.bias': zeros([9]) }) }
    await expect(collect(optionsOf({ model: wider, checkpoint: { store } }))).rejects.toThrow(
      /hidden\.bias: expected float32 \[9\], got float32 \[8\]/,
    )
    expect((await collect(optionsOf({ optimizer: sgd(), checkpoint: { store, resume: false } }))).losses).toHaveLength(
      12,
    )
  })
})

describe('trouble', () => {
  test.each([NaN, Infinity])('a loss of %s names the step, and what was saved stays', async (bad) => {
    const store = memoryCheckpoints()
    let calls = 0
    const spoiled = (output: Tensor, batch: Batch): TrainLossLike => ({
      loss: loss(output, { ...batch, y: (calls += 1) === 4 ? tensor([bad]) : batch.y }),
      aux: {},
    })
    const before = buffers()
    const error = await collect(optionsOf({ loss: spoiled, checkpoint: { store, every: 1 } })).catch(
      (caught: unknown) => caught,
    )
    expect(LemanicError.isInstance(error, 'loss-not-finite')).toBe(true)
    expect((error as Error).message).toMatch(/the loss of step 4 is .*still are those of step 3/)
    expect((await store.load()).loaded?.checkpoint.step).toBe(3)
    expect(buffers()).toBe(before)
  })

  test('a finite loss with a gradient that overflows is refused before the update', async () => {
    const steep = (output: Tensor, batch: Batch): Tensor => multiply(loss(output, batch), 1e30)
    const error = await collect(optionsOf({ loss: steep })).catch((caught: unknown) => caught)
    expect((error as Error).message).toMatch(/the gradient norm of step 1 is Infinity/)
  })

  test('options that are unknown or impossible are refused at once', () => {
    expect(() => train({ ...optionsOf(), epochs: 3 } as never)).toThrow(
      /train: unknown option "epochs"; known are model, loss/,
    )
    expect(() => train(optionsOf({ steps: 1.5 }))).toThrow(/steps: expected a whole number ≥ 0, got 1.5/)
    expect(() => train(optionsOf({ accumulate: 0 }))).toThrow(/accumulate: expected a whole number ≥ 1, got 0/)
    expect(() => train({ ...optionsOf(), sampler: undefined } as never)).toThrow(/sampler: expected one, got nothing/)
  })

  test('a sampler that returns a promise is refused', async () => {
    const sampler = {
      next: () => Promise.resolve({}),
      state: () => ({ json: null, tensors: {} }),
      restore: () => undefined,
    }
    await expect(collect(optionsOf({ sampler: sampler as never }))).rejects.toThrow(
      /expected next\(\) to return a batch, it returned a promise/,
    )
  })

  test('a metric that is no scalar is named', async () => {
    const before = buffers()
    await expect(
      collect(optionsOf({ loss: (output, batch) => ({ loss: loss(output, batch), aux: { output } }) })),
    ).rejects.toThrow(/returned "output" of shape \[5, 1\] beside the loss/)
    expect(buffers()).toBe(before)
  })

  test('a timer can end it: the loop leaves the event loop its turns', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 20)
    const { events } = await collect(optionsOf({ steps: 20_000, signal: abort.signal }))
    expect(events.at(-1)).toMatchObject({ type: 'train-end', reason: 'aborted' })
  })

  test('an abort before the start takes no step', async () => {
    const abort = new AbortController()
    abort.abort()
    expect((await collect(optionsOf({ signal: abort.signal }))).events.map(({ type }) => type)).toEqual([
      'train-start',
      'train-end',
    ])
  })
})

type TrainLossLike = { readonly loss: Tensor; readonly aux: Readonly<Record<string, number>> }

describe('memory', () => {
  test('the number of live tensors is the same after every step, and as before in the end', async () => {
    const before = buffers()
    const counts: number[] = []
    const options = optionsOf({
      steps: 6,
      accumulate: 2,
      workers: 2,
      evaluators: [lossEvaluator({ model, loss, batches: () => [batchOf(Int32Array.of(1))], isDue: everySteps(1) })],
    })
    for await (const event of train(options)) {
      if (event.type === 'step-end') counts.push(buffers())
      if (event.type === 'train-end') disposeParams(event.params)
    }
    expect(new Set(counts).size).toBe(1)
    expect(counts[0]).toBe(before + 9)
    expect(buffers()).toBe(before)
  })

  test('batches made before and used again stay alive', async () => {
    const batch = batchOf(Int32Array.of(0, 1, 2))
    const sampler = { next: () => batch, state: () => ({ json: null, tensors: {} }), restore: () => undefined }
    await collect(
      optionsOf({
        steps: 3,
        sampler,
        evaluators: [lossEvaluator({ model, loss, batches: () => [batch], isDue: everySteps(1) })],
      }),
    )
    expect(batch.x.isDisposed || batch.y.isDisposed).toBe(false)
    batch.x.dispose()
    batch.y.dispose()
  })

  test('leaving the loop gives everything back', async () => {
    const before = buffers()
    for await (const event of train(optionsOf())) if (event.type === 'step-end' && event.step === 3) break
    expect(buffers()).toBe(before)
  })

  test('given initial parameters stay the caller’s', async () => {
    const params: Params = model.init(randomKey(4))
    await collect(optionsOf({ params, steps: 2 }))
    expect(Object.values(params).every((value) => !value.isDisposed)).toBe(true)
    disposeParams(params)
  })
})
