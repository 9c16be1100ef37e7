import { mapScalar, type Scalar } from '../compile/dynamic-number.js'
import { argumentError } from '../errors.js'
import type { Params } from '../params/params.js'
import type { State } from '../params/state.js'

/** Rate as a function of the step, which counts from 0. */
export type Schedule = (step: number) => number

/**
 * Gradients become an update. Pure: neither function changes or disposes what it is given; the caller disposes old
 * parameters and states when it no longer needs them (`train` does). A result may hold the very tensors that came in.
 */
export interface Optimizer {
  init(params: Params): State
  /** `step` counts from 0. `grads` has the names and shapes of `params`. */
  update(grads: Params, state: State, params: Params, step: Scalar): { readonly params: Params; readonly state: State }
  /**
   * True when `update` may be compiled: it reads `step` through `at` and `mapScalar` only, and depends on nothing but its
   * arguments. `train` gives other optimizers the step as a number, and runs them eagerly. Default false.
   */
  readonly isCompilable?: boolean
  /** The rate that `update` uses at a step, for reports; undefined where there is none. */
  learningRate?(step: number): number
}

/** Changes gradients before an optimizer sees them. Pure, as `Optimizer`. */
export interface GradientTransform {
  init(params: Params): State
  update(grads: Params, state: State, params: Params, step: Scalar): { readonly grads: Params; readonly state: State }
  /** As `Optimizer.isCompilable`. */
  readonly isCompilable?: boolean
}

/** The rate of a step that may be dynamic. */
export function at(schedule: Schedule, step: Scalar): Scalar {
  return mapScalar(step, schedule)
}

/** Learning rate of an optimizer: a number, or a schedule. */
export type Rate = number | Schedule

/** The schedule of a rate; checks a constant one. */
export function scheduleOf(rate: Rate, where: string): Schedule {
  if (typeof rate === 'function') return rate
  checkNumber(where, 'learningRate', rate, (value) => value >= 0, 'a number ≥ 0 or a schedule')
  return () => rate
}

/** Throws unless a numeric option is acceptable. */
export function checkNumber(
  where: string,
  option: string,
  value: number,
  isGood: (value: number) => boolean,
  expected: string,
): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || !isGood(value)) {
    throw argumentError(where, `${option}: expected ${expected}, got ${String(value)}`, { fields: { option, value } })
  }
}

/** Throws when an options object holds names that are not known. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw argumentError(where, `unknown option "${name}"; known are ${known.join(', ')}`)
  }
}
