import { mapScalar } from '../compile/dynamic-number.js'
import { addParams, scaleParams } from '../params/arithmetic.js'
import { zerosLikeParams } from '../params/lifetime.js'
import { joinStates, splitState, type State } from '../params/state.js'
import { argumentError } from '../errors.js'
import { scope } from '../scope.js'
import type { Optimizer } from './optimizer.js'

/**
 * Updates only at every `every`-th call, with the mean of the gradients since the last update; the calls between return
 * the parameters as they came. The inner optimizer and its schedule count updates, not calls. For accumulation inside
 * one training step use the option `accumulate` of `train`.
 */
export function accumulateGradients(optimizer: Optimizer, every: number): Optimizer {
  if (!Number.isInteger(every) || every < 1)
    throw argumentError('accumulateGradients', `every: expected a whole number ≥ 1, got ${every}`)
  return {
    ...(optimizer.learningRate === undefined
      ? {}
      : { learningRate: (step) => optimizer.learningRate?.(Math.floor(step / every)) as number }),
    isCompilable: optimizer.isCompilable === true,
    init: (params) => joinStates([optimizer.init(params), { json: 0, tensors: zerosLikeParams(params) }]),
    update: (grads, state, params, step) =>
      scope(() => {
        const [inner, sums] = splitState(state, 2, 'accumulateGradients') as [State, State]
        const count = Number(sums.json) + 1
        const total = addParams(sums.tensors, grads)
        if (count < every) return { params, state: joinStates([inner, { json: count, tensors: total }]) }
        const next = optimizer.update(
          scaleParams(total, 1 / every),
          inner,
          params,
          mapScalar(step, (n) => Math.floor(n / every)),
        )
        return { params: next.params, state: joinStates([next.state, { json: 0, tensors: zerosLikeParams(params) }]) }
      }),
  }
}
