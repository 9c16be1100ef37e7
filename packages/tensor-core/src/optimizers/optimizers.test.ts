import { beforeAll, describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { defaultBackend, setDefaultBackend } from '../default-backend.js'
import { tensor } from '../operations/creation.js'
import type { Params } from '../params/params.js'
import type { State } from '../params/state.js'
import { dispose } from '../scope.js'
import { accumulateGradients } from './accumulate-gradients.js'
import { adam, adamw } from './adamw.js'
import { chain } from './chain.js'
import { clipByGlobalNorm, clipByValue } from './clip.js'
import { addDecayedWeights } from './decay.js'
import { exponentialMovingAverage } from './exponential-moving-average.js'
import type { Optimizer } from './optimizer.js'
import { linearSchedule } from './schedules.js'
import { sgd } from './sgd.js'
import { signum } from './signum.js'

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})

const of = (...values: number[]): Params => ({ w: tensor([values]), b: tensor([values[0] as number]) })
const numbers = (params: Params): number[] => Object.values(params).flatMap((value) => [...value.dataSync()])
const close = (params: Params, expected: readonly number[]): void => {
  numbers(params).forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 6))
  expect(numbers(params)).toHaveLength(expected.length)
}

/** Feeds gradients one after another; returns the parameters and state after each. */
function follow(optimizer: Optimizer, start: Params, gradients: readonly Params[]): { params: Params; state: State }[] {
  let current = { params: start, state: optimizer.init(start) }
  return gradients.map((gradient, step) => (current = optimizer.update(gradient, current.state, current.params, step)))
}

describe('signum', () => {
  test('moves by the sign of the momentum', () => {
    const [first, second] = follow(signum({ learningRate: 0.1, momentum: 0.5 }), of(1, 2), [of(3, -1), of(-2, 9)])
    close((first as { params: Params }).params, [0.9, 2.1, 0.9])
    // momentum: 0.5·1.5 − 1 = −0.25; 0.5·(−0.5) + 4.5 = 4.25
    close((second as { params: Params }).params, [1, 2, 1])
  })

  test('a zero gradient from the start moves nothing but decay, which is decoupled', () => {
    close(
      follow(signum({ learningRate: 0.1, weightDecay: 0.5 }), of(1, 2), [of(0, 0)])[0]?.params as Params,
      [0.95, 1.9, 0.95],
    )
  })
})

describe('decay masks', () => {
  test('AdamW decays matrices by default, all or a choice on request', () => {
    const decayed = (options: Parameters<typeof adamw>[0]): number[] =>
      numbers(
        follow(adamw({ learningRate: 0.1, weightDecay: 0.5, ...options }), of(1, 2), [of(0, 0)])[0]?.params as Params,
      )
    expect(decayed({})).toEqual([Math.fround(0.95), Math.fround(1.9), 1])
    expect(decayed({ decays: () => true })).toEqual([0.95, 1.9, 0.95].map(Math.fround))
    expect(decayed({ decays: (name) => name === 'b' })).toEqual([1, 2, Math.fround(0.95)])
  })

  test('addDecayedWeights is the gradient of the penalty', () => {
    const [result] = follow(
      chain(
        addDecayedWeights(0.5, (name) => name === 'w'),
        sgd({ learningRate: 1 }),
      ),
      of(1, 2),
      [of(0, 0)],
    )
    close(result?.params as Params, [0.5, 1, 1])
  })
})

describe('clipping', () => {
  test('by global norm: short gradients pass, long ones keep their direction', () => {
    const transform = clipByGlobalNorm(1)
    const clip = (gradient: Params): number[] =>
      numbers(transform.update(gradient, transform.init(gradient), gradient, 0).grads)
    clip(of(0.1, 0.2)).forEach((value, i) => expect(value).toBe(Math.fround([0.1, 0.2, 0.1][i] as number)))
    const clipped = clip(of(3, 4))
    expect(Math.hypot(...clipped)).toBeCloseTo(1, 5)
    expect((clipped[1] as number) / (clipped[0] as number)).toBeCloseTo(4 / 3, 5)
  })

  test('by value', () => {
    const transform = clipByValue(0.5)
    expect(numbers(transform.update(of(-3, 0.25), { json: null, tensors: {} }, of(0, 0), 0).grads)).toEqual([
      -0.5, 0.25, -0.5,
    ])
  })
})

describe('exponentialMovingAverage', () => {
  test('follows the parameters without changing them', () => {
    const inner = sgd({ learningRate: 1 })
    const averaging = exponentialMovingAverage(inner, { decay: 0.9 })
    const gradients = [of(1, 0), of(1, 0)]
    const plain = follow(inner, of(0, 5), gradients)
    const both = follow(averaging, of(0, 5), gradients)
    both.forEach((result, i) => expect(numbers(result.params)).toEqual(numbers(plain[i]?.params as Params)))
    close(averaging.average(both[0]?.state as State), [-0.1, 5, -0.1])
    close(averaging.average(both[1]?.state as State), [-0.29, 5, -0.29])
  })

  test('with warm-up the first average is nearly the first parameters', () => {
    const averaging = exponentialMovingAverage(sgd({ learningRate: 1 }), { decay: 0.999, warmup: true })
    close(averaging.average(follow(averaging, of(0, 0), [of(1, 1)])[0]?.state as State), [-0.9, -0.9, -0.9])
  })
})

describe('accumulateGradients', () => {
  test('every third call updates with the mean; the schedule counts updates', () => {
    const rate = linearSchedule({ from: 1, to: 0, steps: 2 })
    const optimizer = accumulateGradients(sgd({ learningRate: rate }), 3)
    const results = follow(optimizer, of(0, 0), [of(1, 0), of(2, 0), of(6, 3), of(3, 0), of(3, 0), of(0, 0)])
    expect(results.map(({ params }) => numbers(params)[0])).toEqual([0, 0, -3, -3, -3, -4])
    expect([0, 2, 3, 5].map((step) => optimizer.learningRate?.(step))).toEqual([1, 1, 0.5, 0.5])
  })
})

describe('states', () => {
  test.each([
    ['adamw', adamw({ learningRate: 0.1 })],
    ['sgd', sgd({ momentum: 0.9, nesterov: true })],
    ['signum', signum()],
    ['chain', chain(clipByGlobalNorm(1), clipByValue(2), accumulateGradients(exponentialMovingAverage(adamw()), 2))],
  ])('%s: a state that went through JSON and copies goes on the same way', (_, optimizer) => {
    const gradients = [of(1, -1), of(0.5, 2), of(-1, 0.1), of(2, 2)]
    const whole = follow(optimizer, of(1, 2), gradients)
    const half = whole[1] as { params: Params; state: State }
    const copied: State = {
      json: JSON.parse(JSON.stringify(half.state.json)) as State['json'],
      tensors: Object.fromEntries(
        Object.entries(half.state.tensors)
          .reverse()
          .map(([name, value]) => [name, tensor(value.dataSync().slice() as Float32Array, value.shape)]),
      ),
    }
    const third = optimizer.update(gradients[2] as Params, copied, half.params, 2)
    const fourth = optimizer.update(gradients[3] as Params, third.state, third.params, 3)
    expect(numbers(fourth.params)).toEqual(numbers(whole[3]?.params as Params))
  })

  test('states, gradients and parameters that do not belong together are named', () => {
    const optimizer = adamw()
    const params = of(1, 2)
    const state = optimizer.init(params)
    const { w, b } = of(1, 2) as { w: never; b: never }
    expect(() => optimizer.update({ w }, state, params, 0)).toThrow(
      /adamw: the gradients and what was expected differ\s+missing:\s+b float32 \[1\]/,
    )
    expect(() => optimizer.update({ w, b: w }, state, params, 0)).toThrow(
      /b: expected float32 \[1\], got float32 \[1, 2\]/,
    )
    expect(() => optimizer.update({ w, b }, sgd({ momentum: 0.5 }).init(params), params, 0)).toThrow(
      /adamw: the state has no "first.w"/,
    )
    expect(() => chain(clipByValue(1), optimizer).update({ w, b }, state, params, 0)).toThrow(
      /chain: expected the state of 2 parts, got null/,
    )
  })
})

describe('options', () => {
  test.each([
    [() => adamw({ learningRate: -1 }), /adamw: learningRate: expected a number ≥ 0 or a schedule, got -1/],
    [() => adamw({ beta1: 1 }), /adamw: beta1: expected a number from 0 to below 1, got 1/],
    [() => adam({ lr: 1 } as never), /adam: unknown option "lr"; known are learningRate/],
    [() => sgd({ nesterov: true }), /sgd: nesterov: expected momentum above 0 with it/],
    [() => sgd({ momentum: NaN }), /momentum: expected a number from 0 to below 1, got NaN/],
    [() => clipByGlobalNorm(0), /maximumNorm: expected a number above 0, got 0/],
    [() => accumulateGradients(sgd(), 0), /every: expected a whole number ≥ 1, got 0/],
    [() => exponentialMovingAverage(sgd(), { decay: 1 }), /decay: expected a number from 0 to below 1, got 1/],
  ])('impossible ones are refused %#', (build, message) => {
    expect(build).toThrow(message)
  })
})

describe('memory', () => {
  test.each([
    ['adam with L2', adam({ weightDecay: 0.1 }), 6],
    ['sgd', sgd({ momentum: 0.9 }), 4],
    ['signum', signum({ weightDecay: 0.1 }), 4],
    ['chain', chain(clipByGlobalNorm(1), clipByValue(1), exponentialMovingAverage(adamw())), 8],
    ['accumulation', accumulateGradients(sgd(), 1), 4],
  ])('%s leaves only parameters and state', (_, optimizer, expected) => {
    const params = of(1, 2)
    const grads = of(1, 1)
    const state = optimizer.init(params)
    const before = defaultBackend().memory().buffers
    const next = optimizer.update(grads, state, params, 0)
    expect(defaultBackend().memory().buffers - before).toBe(expected)
    dispose(next)
    expect(defaultBackend().memory().buffers).toBe(before)
  })
})
