import { argumentError } from '../errors.js'
import { mapScalar } from '../compile/dynamic-number.js'
import { cloneParams } from '../params/lifetime.js'
import { add, multiply } from '../operations/binary.js'
import { zipParams, type Params } from '../params/params.js'
import { joinStates, splitState, type State } from '../params/state.js'
import { scope } from '../scope.js'
import { checkNumber, checkOptions, type Optimizer } from './optimizer.js'

export interface ExponentialMovingAverageOptions {
  /** d in average ← d · average + (1 − d) · parameters, 0 ≤ d < 1. Default 0.999. */
  readonly decay?: number
  /** First updates use min(d, (1 + step) / (10 + step)), so that the start is forgotten sooner. Default false. */
  readonly warmup?: boolean
}

/** An optimizer that keeps a moving average of the parameters in its state. */
export interface AveragingOptimizer extends Optimizer {
  /** The averaged parameters of a state (its own tensors, not copies). */
  average(state: State): Params
}

/**
 * Keeps an exponential moving average of the parameters beside an optimizer, whose updates stay as they are. The
 * average starts as the initial parameters.
 */
export function exponentialMovingAverage(
  optimizer: Optimizer,
  options: ExponentialMovingAverageOptions = {},
): AveragingOptimizer {
  checkOptions('exponentialMovingAverage', options, ['decay', 'warmup'])
  const { decay = 0.999, warmup = false } = options
  checkNumber(
    'exponentialMovingAverage',
    'decay',
    decay,
    (value) => value >= 0 && value < 1,
    'a number from 0 to below 1',
  )
  const average = (state: State): Params => (splitState(state, 2, 'exponentialMovingAverage')[1] as State).tensors
  return {
    ...optimizer,
    average,
    init: (params) => joinStates([optimizer.init(params), { json: null, tensors: cloneParams(params) }]),
    update: (grads, state, params, step) =>
      scope(() => {
        const [inner] = splitState(state, 2, 'exponentialMovingAverage') as [State]
        const before = average(state)
        if (Object.keys(before).length !== Object.keys(params).length)
          throw argumentError('exponentialMovingAverage', 'the state belongs to other parameters')
        const next = optimizer.update(grads, inner, params, step)
        const rate = warmup ? mapScalar(step, (n) => Math.min(decay, (1 + n) / (10 + n))) : decay
        const averaged = zipParams([next.params, before], ([p, mean]) =>
          add(
            multiply(mean, rate),
            multiply(
              p,
              mapScalar(rate, (value) => 1 - value),
            ),
          ),
        )
        return { params: next.params, state: joinStates([next.state, { json: null, tensors: averaged }]) }
      }),
  }
}
