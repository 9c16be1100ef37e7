import { sgdStep } from '../operations/optimizer-steps.js'
import { zerosLikeParams } from '../params/lifetime.js'
import { prefixParams } from '../params/select.js'
import { argumentError } from '../errors.js'
import { emptyState } from '../params/state.js'
import { scope } from '../scope.js'
import { decaysAll, decaysOf, inOrder, momentsOf, named, type DecayMask } from './moments.js'
import { at, checkNumber, checkOptions, scheduleOf, type Optimizer, type Rate } from './optimizer.js'

export interface SgdOptions {
  /** A number ≥ 0 or a schedule. Default 1e-2. */
  readonly learningRate?: Rate
  /** 0 ≤ μ < 1. Default 0. */
  readonly momentum?: number
  /** Nesterov's momentum; needs momentum above 0. Default false. */
  readonly nesterov?: boolean
  /** L2 penalty λ ≥ 0, added to the gradient. Default 0. */
  readonly weightDecay?: number
  /** Which tensors decay. Default: all. */
  readonly decays?: DecayMask
}

/**
 * Stochastic gradient descent with momentum as in PyTorch (no dampening), all tensors in one fused call:
 * g ← g + λp; v ← μv + g; p ← p − η·v, or p ← p − η·(g + μv) with Nesterov's. State: `velocity.*` when μ > 0.
 *
 * Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning", 2013.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  checkOptions('sgd', options, ['learningRate', 'momentum', 'nesterov', 'weightDecay', 'decays'])
  const { momentum = 0, nesterov = false, weightDecay = 0, decays = decaysAll } = options
  checkNumber('sgd', 'momentum', momentum, (value) => value >= 0 && value < 1, 'a number from 0 to below 1')
  checkNumber('sgd', 'weightDecay', weightDecay, (value) => value >= 0, 'a number ≥ 0')
  if (nesterov && momentum === 0) throw argumentError('sgd', 'nesterov: expected momentum above 0 with it, got 0')
  const learningRate = scheduleOf(options.learningRate ?? 1e-2, 'sgd')
  return {
    learningRate,
    isCompilable: true,
    init: (params) =>
      momentum === 0 ? emptyState : { json: null, tensors: prefixParams(zerosLikeParams(params), 'velocity') },
    update(grads, state, params, step) {
      const next = scope(() =>
        sgdStep(
          {
            parameters: Object.values(params),
            gradients: inOrder('sgd', grads, params),
            velocities: momentum === 0 ? [] : momentsOf('sgd', state, 'velocity', params),
          },
          {
            learningRate: at(learningRate, step),
            momentum,
            nesterov,
            weightDecay: decaysOf(params, weightDecay, decays),
          },
        ),
      )
      return {
        params: named(params, next.parameters),
        state: momentum === 0 ? emptyState : { json: null, tensors: named(params, next.velocities, 'velocity.') },
      }
    },
  }
}
