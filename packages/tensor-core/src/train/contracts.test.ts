import { beforeAll, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.js'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { setDefaultBackend } from '../default-backend.js'
import { square } from '../operations/unary.js'
import { accumulateGradients } from '../optimizers/accumulate-gradients.js'
import { adam, adamw } from '../optimizers/adamw.js'
import { chain } from '../optimizers/chain.js'
import { clipByGlobalNorm, clipByValue } from '../optimizers/clip.js'
import { exponentialMovingAverage } from '../optimizers/exponential-moving-average.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import { sgd } from '../optimizers/sgd.js'
import { signum } from '../optimizers/signum.js'
import { scaleParams } from '../params/arithmetic.js'
import { randomKey } from '../random/key.js'
import { checkOptimizer, checkReducer, checkSampler } from './contracts.js'
import { meanReducer } from './mean-reducer.js'
import { randomReshuffling } from './random-reshuffling.js'
import type { Sampler } from './sampler.js'

let backend: Backend
beforeAll(() => {
  backend = createCpuBackend()
  setDefaultBackend(backend)
})

describe('what is here holds its contract', () => {
  test.each<[string, Optimizer]>([
    ['adamw', adamw()],
    ['adam with L2', adam({ weightDecay: 0.1 })],
    ['sgd', sgd()],
    ['nesterov', sgd({ momentum: 0.9, nesterov: true })],
    ['signum', signum({ weightDecay: 0.1 })],
    [
      'all together',
      chain(clipByGlobalNorm(1), clipByValue(0.5), accumulateGradients(exponentialMovingAverage(adamw()), 2)),
    ],
  ])('%s', async (_, optimizer) => checkOptimizer(optimizer, backend))

  test.each(['drop', 'keep'] as const)('random reshuffling, last batch: %s', async (partial) =>
    checkSampler({
      backend,
      create: () =>
        randomReshuffling({ size: 10, batchSize: 4, key: randomKey(3), batch: (indices) => indices, partial }),
      identify: (batch) => batch.join(),
    }),
  )

  test('mean reducer', async () => checkReducer(meanReducer(), backend))
})

describe('random reshuffling', () => {
  const epochs = (partial: 'drop' | 'keep', count: number): number[][] => {
    const sampler = randomReshuffling({
      size: 10,
      batchSize: 4,
      key: randomKey(1),
      batch: (indices) => [...indices],
      partial,
    })
    return Array.from({ length: count }, (_, step) => sampler.next(step, { microBatch: 0, worker: 0 }))
  }

  test('visits every example once in an epoch, in another order in the next', () => {
    const batches = epochs('keep', 6)
    expect(batches.map(({ length }) => length)).toEqual([4, 4, 2, 4, 4, 2])
    const [first, second] = [batches.slice(0, 3).flat(), batches.slice(3).flat()]
    for (const epoch of [first, second])
      expect([...epoch].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(first).not.toEqual(second)
  })

  test('leaves out the partial batch, never the same examples', () => {
    const batches = epochs('drop', 400)
    expect(batches.every((batch) => new Set(batch).size === 4)).toBe(true)
    const counts = new Array<number>(10).fill(0)
    for (const index of batches.flat()) counts[index] = (counts[index] as number) + 1
    // 200 epochs, each example in 8 of 10 places: mean 160, deviation 5.7
    for (const count of counts) expect(Math.abs(count - 160)).toBeLessThan(30)
  })

  test('impossible sizes and foreign states are refused', () => {
    const make = (size: number, batchSize: number): Sampler<Int32Array> =>
      randomReshuffling({ size, batchSize, key: randomKey(1), batch: (indices) => indices })
    expect(() => make(0, 1)).toThrow(/size: expected a whole number ≥ 1, got 0/)
    expect(() => make(3, 4)).toThrow(/batchSize: expected a whole number from 1 to size \(3\), got 4/)
    expect(() => make(3, 1).restore(make(4, 1).state())).toThrow(/expected the state of a sampler of 3 examples/)
  })
})

describe('the contracts catch', () => {
  const base = (): Sampler<Int32Array> =>
    randomReshuffling({ size: 10, batchSize: 4, key: randomKey(3), batch: (indices) => indices })
  const sampler = (change: (inner: Sampler<Int32Array>) => Partial<Sampler<Int32Array>>): Promise<void> =>
    checkSampler({ backend, create: () => ({ ...base(), ...change(base()) }), identify: (batch) => batch.join() })

  test('a sampler that forgets where it was', () =>
    expect(sampler(() => ({ restore: () => undefined }))).rejects.toThrow(/restored after 1 steps it gives/))

  test('a sampler whose state cannot be taken without moving it', () =>
    expect(
      sampler((inner) => ({ ...inner, state: () => (inner.next(0, { microBatch: 0, worker: 0 }), inner.state()) })),
    ).rejects.toThrow(/restored after 0 steps/))

  test('an optimizer that leaks', () => {
    const inner = sgd()
    const kept: unknown[] = []
    const leaky: Optimizer = {
      ...inner,
      update: (grads, ...rest) => (kept.push(scaleParams(grads, 2)), inner.update(grads, ...rest)),
    }
    return expect(checkOptimizer(leaky, backend)).rejects.toThrow(/3 tensors besides its results are left alive/)
  })

  test('an optimizer that hides state in a closure', () => {
    let calls = 0
    const hidden: Optimizer = {
      init: () => ({ json: null, tensors: {} }),
      update: (_, state, params) => ({ params: scaleParams(params, 1 / (calls += 1)), state }),
    }
    return expect(checkOptimizer(hidden, backend)).rejects.toThrow(
      /from a restored state step 0 gives other parameters/,
    )
  })

  test('an optimizer that disposes what it was given', () => {
    const inner = sgd()
    const greedy: Optimizer = {
      ...inner,
      update: (grads, state, params, step) => {
        const next = inner.update(grads, state, params, step)
        Object.values(params)[0]?.dispose()
        return next
      },
    }
    return expect(checkOptimizer(greedy, backend)).rejects.toThrow(/memory was given back/)
  })

  test('a reducer that keeps the worker axis', () =>
    expect(
      checkReducer(
        { reduce: (local, { state }) => Promise.resolve({ reduced: scaleParams(local, 1), state }) },
        backend,
      ),
    ).rejects.toThrow(
      /the reduced parameters .*differ\s+mismatching:\s+layer.weight: expected float32 \[4, 3\], got float32 \[3, 4, 3\]/,
    ))

  test('a reducer that leaks', () => {
    const kept: unknown[] = []
    const leaky = {
      reduce: (...[local, context]: Parameters<ReturnType<typeof meanReducer>['reduce']>) => (
        kept.push(square(Object.values(local)[0] as never)),
        meanReducer().reduce(local, context)
      ),
    }
    return expect(checkReducer(leaky, backend)).rejects.toThrow(/1 tensors besides its results/)
  })
})
