import { argumentError } from '../errors.js'
import { checkNumber, checkOptions, type Schedule } from './optimizer.js'

const isCount = (value: number): boolean => Number.isInteger(value) && value > 0
const isFromZero = (value: number): boolean => value >= 0

/** The same rate at every step. */
export function constantSchedule(rate: number): Schedule {
  checkNumber('constantSchedule', 'rate', rate, isFromZero, 'a number ≥ 0')
  return () => rate
}

export interface LinearOptions {
  readonly from: number
  readonly to: number
  /** Step at which `to` is reached; it is kept afterwards. */
  readonly steps: number
}

/** A straight line from `from` at step 0 to `to` at step `steps`. */
export function linearSchedule(options: LinearOptions): Schedule {
  checkOptions('linearSchedule', options, ['from', 'to', 'steps'])
  const { from, to, steps } = options
  checkNumber('linearSchedule', 'from', from, isFromZero, 'a number ≥ 0')
  checkNumber('linearSchedule', 'to', to, isFromZero, 'a number ≥ 0')
  checkNumber('linearSchedule', 'steps', steps, isCount, 'a positive whole number')
  return (step) => (step >= steps ? to : from + (to - from) * (step / steps))
}

export interface CosineOptions {
  readonly peak: number
  /** Total number of steps, warm-up included. */
  readonly steps: number
  /** Steps of linear warm-up: step s has peak · (s + 1) / warmup. Default 0. */
  readonly warmup?: number
  /** Rate at the last step and after. Default 0. */
  readonly end?: number
}

/** Linear warm-up, then half a cosine from `peak` down to `end`, which step `steps` − 1 reaches. */
export function cosineSchedule(options: CosineOptions): Schedule {
  checkOptions('cosineSchedule', options, ['peak', 'steps', 'warmup', 'end'])
  const { peak, steps, warmup = 0, end = 0 } = options
  checkNumber('cosineSchedule', 'peak', peak, isFromZero, 'a number ≥ 0')
  checkNumber('cosineSchedule', 'steps', steps, isCount, 'a positive whole number')
  checkNumber('cosineSchedule', 'end', end, isFromZero, 'a number ≥ 0')
  checkNumber(
    'cosineSchedule',
    'warmup',
    warmup,
    (value) => Number.isInteger(value) && value >= 0 && value < steps,
    `a whole number from 0 to below steps (${steps})`,
  )
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    const span = Math.max(1, steps - 1 - warmup)
    const progress = Math.min(1, (step - warmup) / span)
    return end + ((peak - end) / 2) * (1 + Math.cos(Math.PI * progress))
  }
}

export interface OneCycleOptions {
  /** PyTorch's `max_lr`. */
  readonly peak: number
  /** PyTorch's `total_steps`. */
  readonly steps: number
  /** Part of the steps that rises, 0 … 1 (`pct_start`). Default 0.3. */
  readonly warmupFraction?: number
  /** First rate = peak / this (`div_factor`). Default 25. */
  readonly startDivisor?: number
  /** Last rate = first rate / this (`final_div_factor`). Default 1e4. */
  readonly endDivisor?: number
  /** `anneal_strategy`. Default `cosine`. */
  readonly shape?: 'cosine' | 'linear'
}

/**
 * One cycle: from peak / startDivisor up to `peak`, then down to peak / (startDivisor · endDivisor); the same numbers as
 * PyTorch's `OneCycleLR` with two phases. Steps after the last keep the last rate.
 *
 * Source: Smith & Topin, "Super-convergence", 2017; PyTorch's formulation.
 */
export function oneCycleSchedule(options: OneCycleOptions): Schedule {
  checkOptions('oneCycleSchedule', options, ['peak', 'steps', 'warmupFraction', 'startDivisor', 'endDivisor', 'shape'])
  const { peak, steps, warmupFraction = 0.3, startDivisor = 25, endDivisor = 1e4, shape = 'cosine' } = options
  checkNumber('oneCycleSchedule', 'peak', peak, isFromZero, 'a number ≥ 0')
  checkNumber('oneCycleSchedule', 'steps', steps, isCount, 'a positive whole number')
  checkNumber(
    'oneCycleSchedule',
    'warmupFraction',
    warmupFraction,
    (value) => value >= 0 && value <= 1,
    'a number from 0 to 1',
  )
  checkNumber('oneCycleSchedule', 'startDivisor', startDivisor, (value) => value > 0, 'a number above 0')
  checkNumber('oneCycleSchedule', 'endDivisor', endDivisor, (value) => value > 0, 'a number above 0')
  if (shape !== 'cosine' && shape !== 'linear')
    throw argumentError('oneCycleSchedule', `shape: expected "cosine" or "linear", got "${String(shape)}"`)
  const anneal = shape === 'linear' ? straight : halfCosine
  const first = peak / startDivisor
  const last = first / endDivisor
  const top = warmupFraction * steps - 1
  const end = steps - 1
  return (step) => {
    const at = Math.min(step, end)
    if (at <= top) return anneal(first, peak, top === 0 ? 1 : at / top)
    // PyTorch starts the second phase at `top` even when it lies before step 0
    return anneal(peak, last, (at - top) / (end - top))
  }
}

function halfCosine(from: number, to: number, progress: number): number {
  return to + ((from - to) / 2) * (Math.cos(Math.PI * progress) + 1)
}

function straight(from: number, to: number, progress: number): number {
  return (to - from) * progress + from
}

export interface WarmupStableDecayOptions {
  readonly peak: number
  /** Total number of steps. */
  readonly steps: number
  /** Steps of linear warm-up: step s has peak · (s + 1) / warmup. Default 0. */
  readonly warmup?: number
  /** Steps of decay at the end. */
  readonly decay: number
  /** Rate at the last step and after. Default 0. */
  readonly end?: number
  /** Form of the decay: `linear`, or `oneMinusSqrt`: 1 − √progress. Default `linear`. */
  readonly shape?: 'linear' | 'oneMinusSqrt'
}

/**
 * Warm-up, a constant rate, then decay over the last steps; the last step has the rate `end`.
 *
 * Source: Hu et al., "MiniCPM", 2024; Hägele et al., "Scaling laws and compute-optimal training beyond fixed training
 * durations", 2024 (1 − √).
 */
export function warmupStableDecaySchedule(options: WarmupStableDecayOptions): Schedule {
  checkOptions('warmupStableDecaySchedule', options, ['peak', 'steps', 'warmup', 'decay', 'end', 'shape'])
  const { peak, steps, warmup = 0, decay, end = 0, shape = 'linear' } = options
  checkNumber('warmupStableDecaySchedule', 'peak', peak, isFromZero, 'a number ≥ 0')
  checkNumber('warmupStableDecaySchedule', 'steps', steps, isCount, 'a positive whole number')
  checkNumber(
    'warmupStableDecaySchedule',
    'warmup',
    warmup,
    (value) => Number.isInteger(value) && value >= 0,
    'a whole number ≥ 0',
  )
  checkNumber('warmupStableDecaySchedule', 'end', end, isFromZero, 'a number ≥ 0')
  checkNumber(
    'warmupStableDecaySchedule',
    'decay',
    decay,
    (value) => Number.isInteger(value) && value >= 0 && value + warmup <= steps,
    `a whole number with warmup + decay ≤ steps (${steps})`,
  )
  if (shape !== 'linear' && shape !== 'oneMinusSqrt')
    throw argumentError(
      'warmupStableDecaySchedule',
      `shape: expected "linear" or "oneMinusSqrt", got "${String(shape)}"`,
    )
  return (step) => {
    if (step < warmup) return (peak * (step + 1)) / warmup
    const remaining = steps - decay
    if (step < remaining) return peak
    const progress = decay === 0 ? 0 : Math.min(1, (step - remaining + 1) / decay)
    return peak + (end - peak) * (shape === 'linear' ? progress : Math.sqrt(progress))
  }
}
