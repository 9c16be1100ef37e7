import {
  incrementalGradientOrder,
  randomReshufflingOrder,
  singleShuffleOrder,
  withReplacementOrder,
} from '@lemanic/curriculum'
import { mean } from '@lemanic/eval'
import { randomKey, type RandomKey } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import { crossing } from './claims.js'
import { counterExample } from './problems/counter-example.js'
import { smallStepSlope } from './run-vector.js'
import { simulate } from './simulate.js'
import {
  correlationTime,
  noiseTerm,
  reshufflingError,
  singleShuffleError,
  sortedCrossover,
  sortedError,
  withReplacementError,
} from './theory.js'

/** Mean x² of the second half on the counter-example, one list a step size. */
function errors(
  make: (options: {
    size: number
    key: RandomKey
  }) => Parameters<typeof simulate>[0]['orderOf'] extends (i: number) => infer O ? O : never,
  size: number,
  stepSizes: readonly number[],
  epochs: number,
  instances: number,
): { iterates: number[]; ends: number[] }[] {
  const problem = counterExample({ size, instances })
  const work = simulate({
    problem,
    stepSizes,
    epochs,
    orderOf: (instance) => make({ size, key: randomKey(instance) }),
  })
  let step = work.next()
  while (!step.done) step = work.next()
  const lanes = step.value
  return stepSizes.map((stepSize) => {
    const own = lanes.filter((lane) => lane.stepSize === stepSize)
    return { iterates: own.map(({ iterates }) => iterates), ends: own.map(({ ends }) => ends) }
  })
}

describe('the counter-example does what its closed forms say', () => {
  test('sorted data: the limit cycle, to rounding', () => {
    for (const [size, stepSize] of [
      [50, 0.1],
      [50, 0.02],
      [200, 0.005],
    ] as const) {
      // Measured every 37 steps over whole numbers of 37 epochs: every phase of the cycle equally often.
      const [result] = errors(incrementalGradientOrder, size, [stepSize], 37 * 40, 1)
      expect(result!.iterates[0]! / sortedError(stepSize, size)).toBeCloseTo(1, 6)
    }
  })

  test('sorted data: γ²n²/48 for small steps, 1 for large ones', () => {
    expect(sortedError(1e-6, 1000) / ((1e-6 * 1000) ** 2 / 48)).toBeCloseTo(1, 4)
    expect(sortedError(0.5, 4000)).toBeCloseTo(1, 2)
    expect(sortedError(1 / 500, 1000)).toBeLessThan(((1 / 500) * 1000) ** 2 / 48)
  })

  test('draws with replacement: γ/(2 − γ)', () => {
    for (const stepSize of [0.5, 0.1, 0.02]) {
      const v = withReplacementError(stepSize)
      expect((1 - stepSize) ** 2 * v + stepSize ** 2).toBeCloseTo(v, 12) // the fixed point of the second moment
      const [result] = errors(withReplacementOrder, 100, [stepSize], 2000, 8)
      expect(mean(result!.iterates) / v).toBeCloseTo(1, 1)
    }
  })

  test('random orders: γ²n/12 repeated, γ²n/6 fresh, γ³n²/24 fresh at epoch ends', () => {
    const [size, stepSize] = [100, 2e-4]
    const [once] = errors(singleShuffleOrder, size, [stepSize], 200, 400)
    expect(mean(once!.iterates) / singleShuffleError(stepSize, size)).toBeGreaterThan(0.85)
    expect(mean(once!.iterates) / singleShuffleError(stepSize, size)).toBeLessThan(1.15)
    const [fresh] = errors(randomReshufflingOrder, size, [stepSize], 1000, 20)
    expect(mean(fresh!.iterates) / reshufflingError(stepSize, size)).toBeGreaterThan(0.9)
    expect(mean(fresh!.iterates) / reshufflingError(stepSize, size)).toBeLessThan(1.1)
    const ends = mean(fresh!.ends) / ((stepSize ** 3 * size ** 2) / 24)
    expect(ends).toBeGreaterThan(0.75)
    expect(ends).toBeLessThan(1.25)
  })

  test('slopes: 1 for draws, 2 for sorted data, both where γ ≤ 1/(5n)', () => {
    const stepSizes = [1e-2, 1e-4, 3e-5, 1e-5]
    const problem = { size: 1000, smoothness: 1 }
    const table = (error: (stepSize: number) => number) => stepSizes.map((value) => [Math.log10(error(value))])
    expect(smallStepSlope(stepSizes, table(withReplacementError), problem)).toBeCloseTo(1, 3)
    expect(
      smallStepSlope(
        stepSizes,
        table((value) => sortedError(value, 1000)),
        problem,
      ),
    ).toBeCloseTo(2, 2)
    // At n times the step size sorted data are saturated: a slope of 0.
    expect(
      smallStepSlope(
        [0.9, 0.5],
        table((value) => sortedError(value, 1000))
          .slice(0, 1)
          .concat([[Math.log10(sortedError(0.5, 1000))]]),
        problem,
      ),
    ).toBeLessThan(1.2)
  })

  test('closed forms cross at 24/n²', () => {
    const stepSizes = [1e-3, 1e-4, 3e-5, 2e-5, 1e-5]
    const lead = stepSizes.map((value) => Math.log10(sortedError(value, 1000) / withReplacementError(value)))
    expect(crossing(stepSizes, lead) / sortedCrossover(1000)).toBeCloseTo(1, 2)
    expect(crossing([1, 0.1], [1, 2])).toBeNaN()
  })
})

test('the noise term recovers γσ² for draws and the correlation time is ⌈1/(Lγ)⌉', () => {
  expect(correlationTime(2, 0.1)).toBe(5)
  expect(correlationTime(1, 0.3)).toBe(4)
  expect(noiseTerm(2, 0.1, correlationTime(2, 0.1))).toBeCloseTo(2 * 0.1, 12) // σ²_τ = τσ², σ = 1
})
