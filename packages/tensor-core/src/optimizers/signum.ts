import { mapScalar } from '../compile/dynamic-number.js'
import { add, multiply, subtract } from '../operations/binary.js'
import { sign } from '../operations/unary.js'
import { zerosLikeParams } from '../params/lifetime.js'
import { mapParams, zipParams } from '../params/params.js'
import { prefixParams } from '../params/select.js'
import { scope } from '../scope.js'
import { decaysAll, inOrder, momentsOf, named, type DecayMask } from './moments.js'
import { at, checkNumber, checkOptions, scheduleOf, type Optimizer, type Rate } from './optimizer.js'

export interface SignumOptions {
  /** A number ≥ 0 or a schedule. Default 1e-4. */
  readonly learningRate?: Rate
  /** β of the momentum, 0 ≤ β < 1; 0 is signSGD. Default 0.9. */
  readonly momentum?: number
  /** λ ≥ 0, decoupled. Default 0. */
  readonly weightDecay?: number
  /** Which tensors decay. Default: all. */
  readonly decays?: DecayMask
}

/**
 * Signum: m ← βm + (1 − β)g; p ← p − η·(sign(m) + λp). State: `momentum.*`.
 *
 * Source: Bernstein, Wang, Azizzadenesheli, Anandkumar, "signSGD: compressed optimisation for non-convex problems",
 * ICML 2018, algorithm 2.
 */
export function signum(options: SignumOptions = {}): Optimizer {
  checkOptions('signum', options, ['learningRate', 'momentum', 'weightDecay', 'decays'])
  const { momentum = 0.9, weightDecay = 0, decays = decaysAll } = options
  checkNumber('signum', 'momentum', momentum, (value) => value >= 0 && value < 1, 'a number from 0 to below 1')
  checkNumber('signum', 'weightDecay', weightDecay, (value) => value >= 0, 'a number ≥ 0')
  const learningRate = scheduleOf(options.learningRate ?? 1e-4, 'signum')
  return {
    learningRate,
    isCompilable: true,
    init: (params) => ({ json: null, tensors: prefixParams(zerosLikeParams(params), 'momentum') }),
    update: (grads, state, params, step) =>
      scope(() => {
        const rate = at(learningRate, step)
        const gradients = named(params, inOrder('signum', grads, params))
        const moments = named(params, momentsOf('signum', state, 'momentum', params))
        const next = zipParams([moments, gradients], ([m, g]) => add(multiply(m, momentum), multiply(g, 1 - momentum)))
        const updated = mapParams(params, (p, name) => {
          const decayed =
            weightDecay !== 0 && decays(name, p)
              ? multiply(
                  p,
                  mapScalar(rate, (value) => 1 - value * weightDecay),
                )
              : p
          return subtract(decayed, multiply(sign(next[name] as typeof p), rate))
        })
        return { params: updated, state: { json: null, tensors: prefixParams(next, 'momentum') } }
      }),
  }
}
