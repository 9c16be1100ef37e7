import { checkChoice, checkNumber, checkOptions, checkWhole } from '../refuse.js'

/** Power of a step, which counts from 0. */
export type PowerSchedule = (step: number) => number

export interface PowerScheduleOptions {
  /** Mean power over the steps. */
  readonly mean: number
  readonly steps: number
  /** Default `rising`. */
  readonly direction?: 'rising' | 'falling'
  /** Highest over lowest power, ≥ 1. Default 9. */
  readonly ratio?: number
}

const known = ['mean', 'steps', 'direction', 'ratio']

function read(
  where: string,
  options: PowerScheduleOptions,
): Required<PowerScheduleOptions> & { low: number; high: number } {
  checkOptions(where, options, known)
  const { mean, steps, direction = 'rising', ratio = 9 } = options
  checkNumber(where, 'mean', mean, (value) => value > 0, 'a number above 0')
  checkWhole(where, 'steps', steps, 1)
  checkChoice(where, 'direction', direction, ['rising', 'falling'])
  checkNumber(where, 'ratio', ratio, (value) => value >= 1 && value < Infinity, 'a finite number ≥ 1')
  const low = (2 * mean) / (1 + ratio)
  return { mean, steps, direction, ratio, low, high: ratio * low }
}

/** From the lowest to the highest power (or back) by equal steps; the mean over all steps is `mean`. */
export function linearPower(options: PowerScheduleOptions): PowerSchedule {
  const { mean, steps, direction, low, high } = read('linearPower', options)
  return (step) => {
    if (steps === 1) return mean
    const at = Math.min(step, steps - 1) / (steps - 1)
    return direction === 'rising' ? low + (high - low) * at : high - (high - low) * at
  }
}

/** The lowest power for the first half of the steps and the highest for the second (or back); the mean is `mean`. */
export function stepPower(options: PowerScheduleOptions): PowerSchedule {
  const { mean, steps, direction, ratio } = read('stepPower', options)
  const early = Math.floor(steps / 2)
  // so that the mean is exact for an odd number of steps too
  const [first, second] = direction === 'rising' ? [1, ratio] : [ratio, 1]
  const unit = (mean * steps) / (first * early + second * (steps - early))
  return (step) => unit * (step < early ? first : second)
}

/** A number, or a function of the step; each value must be above 0 and may be Infinity. */
export function powerOf(power: number | PowerSchedule, step: number): number {
  const value = typeof power === 'function' ? power(step) : power
  checkNumber('gaussianChannel', 'power', value, (x) => x > 0, 'a number above 0, Infinity for no noise')
  return value
}
