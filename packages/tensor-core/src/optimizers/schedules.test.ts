import { describe, expect, test } from 'vitest'
import fixture from './fixtures/schedules.json' with { type: 'json' }
import {
  constantSchedule,
  cosineSchedule,
  linearSchedule,
  oneCycleSchedule,
  warmupStableDecaySchedule,
} from './schedules.js'

const rates = (schedule: (step: number) => number, count: number): number[] =>
  Array.from({ length: count }, (_, step) => schedule(step))

describe('oneCycleSchedule', () => {
  test.each(fixture.oneCycle)('equals OneCycleLR with $options', ({ options, rates: expected }) => {
    const schedule = oneCycleSchedule({
      peak: options.max_lr,
      steps: options.total_steps,
      ...(options.pct_start === undefined ? {} : { warmupFraction: options.pct_start }),
      ...(options.div_factor === undefined ? {} : { startDivisor: options.div_factor }),
      ...(options.final_div_factor === undefined ? {} : { endDivisor: options.final_div_factor }),
      ...(options.anneal_strategy === undefined ? {} : { shape: options.anneal_strategy as 'linear' }),
    })
    expected.forEach((rate, step) => expect(Math.abs(schedule(step) - rate)).toBeLessThan(1e-12 * options.max_lr))
    expect(schedule(options.total_steps + 5)).toBe(schedule(options.total_steps - 1))
  })

  test('a rise of one step only starts at the peak', () => {
    expect(oneCycleSchedule({ peak: 1, steps: 4, warmupFraction: 0.25 })(0)).toBe(1)
  })
})

describe('the others', () => {
  test('constant', () => expect(rates(constantSchedule(0.5), 3)).toEqual([0.5, 0.5, 0.5]))

  test('linear', () =>
    expect(rates(linearSchedule({ from: 0, to: 1, steps: 4 }), 7)).toEqual([0, 0.25, 0.5, 0.75, 1, 1, 1]))

  test('cosine: warm-up, peak, middle, end', () => {
    const schedule = cosineSchedule({ peak: 2, steps: 9, warmup: 4, end: 0.2 })
    expect(rates(schedule, 5)).toEqual([0.5, 1, 1.5, 2, 2])
    expect(schedule(6)).toBeCloseTo(1.1, 12)
    expect(schedule(8)).toBeCloseTo(0.2, 12)
    expect(schedule(100)).toBeCloseTo(0.2, 12)
    expect(cosineSchedule({ peak: 1, steps: 1 })(0)).toBe(1)
  })

  test('warm-up, stable, decay', () => {
    const options = { peak: 1, steps: 10, warmup: 2, decay: 4 }
    expect(rates(warmupStableDecaySchedule(options), 11)).toEqual([0.5, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25, 0, 0])
    const root = warmupStableDecaySchedule({ ...options, end: 0.1, shape: 'oneMinusSqrt' })
    expect(root(5)).toBe(1)
    expect(root(6)).toBeCloseTo(0.55, 12)
    expect(root(9)).toBeCloseTo(0.1, 12)
    expect(rates(warmupStableDecaySchedule({ peak: 1, steps: 2, decay: 0 }), 3)).toEqual([1, 1, 1])
  })

  test.each([
    [
      () => cosineSchedule({ peak: 1, steps: 5, warmup: 5 }),
      /warmup: expected a whole number from 0 to below steps \(5\), got 5/,
    ],
    [
      () => oneCycleSchedule({ peak: 1, steps: 5, warmupFraction: 2 }),
      /warmupFraction: expected a number from 0 to 1, got 2/,
    ],
    [
      () => oneCycleSchedule({ peak: 1, steps: 5, shape: 'cubic' as 'linear' }),
      /shape: expected "cosine" or "linear", got "cubic"/,
    ],
    [
      () => warmupStableDecaySchedule({ peak: 1, steps: 5, warmup: 3, decay: 3 }),
      /warmup \+ decay ≤ steps \(5\), got 3/,
    ],
    [() => linearSchedule({ from: 0, to: NaN, steps: 5 }), /to: expected a number ≥ 0, got NaN/],
    [
      () => linearSchedule({ from: 0, to: 1, steps: 5, warmUp: 3 } as never),
      /unknown option "warmUp"; known are from, to, steps/,
    ],
  ])('refuses impossible options %#', (build, message) => {
    expect(build).toThrow(message)
  })
})
