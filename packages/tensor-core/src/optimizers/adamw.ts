import { mapScalar } from '../compile/dynamic-number.js'
import { adamwStep } from '../operations/optimizer-steps.js'
import { zerosLikeParams } from '../params/lifetime.js'
import { prefixParams } from '../params/select.js'
import { scope } from '../scope.js'
import { chain } from './chain.js'
import { addDecayedWeights } from './decay.js'
import { decaysAll, decaysMatrices, decaysOf, inOrder, momentsOf, named, type DecayMask } from './moments.js'
import { at, checkNumber, checkOptions, scheduleOf, type Optimizer, type Rate } from './optimizer.js'

export interface AdamOptions {
  /** A number ≥ 0 or a schedule. Default 1e-3. */
  readonly learningRate?: Rate
  /** Decay of the mean of gradients, 0 ≤ β₁ < 1. Default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of squares, 0 ≤ β₂ < 1. Default 0.999. */
  readonly beta2?: number
  /** Added to √v̂. Default 1e-8. */
  readonly epsilon?: number
}

export interface AdamwOptions extends AdamOptions {
  /** λ ≥ 0. Default 0.01. */
  readonly weightDecay?: number
  /** Which tensors decay. Default: those of rank 2 and more. */
  readonly decays?: DecayMask
}

const known = ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay', 'decays']

/**
 * AdamW: Adam with decoupled weight decay, all tensors in one fused call. The update is PyTorch's:
 * p ← (1 − ηλ)p − η m̂ / (√v̂ + ε). State: `first.*` and `second.*`, one tensor each per parameter.
 *
 * Source: Loshchilov & Hutter, "Decoupled weight decay regularization", ICLR 2019; Kingma & Ba, "Adam", ICLR 2015.
 */
export function adamw(options: AdamwOptions = {}): Optimizer {
  checkOptions('adamw', options, known)
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, decays = decaysMatrices } = options
  checkNumber('adamw', 'beta1', beta1, (value) => value >= 0 && value < 1, 'a number from 0 to below 1')
  checkNumber('adamw', 'beta2', beta2, (value) => value >= 0 && value < 1, 'a number from 0 to below 1')
  checkNumber('adamw', 'epsilon', epsilon, (value) => value >= 0, 'a number ≥ 0')
  checkNumber('adamw', 'weightDecay', weightDecay, (value) => value >= 0, 'a number ≥ 0')
  const learningRate = scheduleOf(options.learningRate ?? 1e-3, 'adamw')
  return {
    learningRate,
    isCompilable: true,
    init: (params) => ({
      json: null,
      tensors: scope(() => ({
        ...prefixParams(zerosLikeParams(params), 'first'),
        ...prefixParams(zerosLikeParams(params), 'second'),
      })),
    }),
    update(grads, state, params, step) {
      const next = scope(() =>
        adamwStep(
          {
            parameters: Object.values(params),
            gradients: inOrder('adamw', grads, params),
            firstMoments: momentsOf('adamw', state, 'first', params),
            secondMoments: momentsOf('adamw', state, 'second', params),
          },
          {
            learningRate: at(learningRate, step),
            beta1,
            beta2,
            epsilon,
            weightDecay: decaysOf(params, weightDecay, decays),
            step: mapScalar(step, (n) => n + 1),
          },
        ),
      )
      return {
        params: named(params, next.parameters),
        state: {
          json: null,
          tensors: { ...named(params, next.firstMoments, 'first.'), ...named(params, next.secondMoments, 'second.') },
        },
      }
    },
  }
}

/**
 * Adam (Kingma & Ba, ICLR 2015). `weightDecay` (default 0) is the L2 penalty, added to the gradients of all tensors or
 * those that `decays` names; for decoupled decay use `adamw`.
 */
export function adam(options: AdamwOptions = {}): Optimizer {
  checkOptions('adam', options, known)
  const { weightDecay = 0, decays = decaysAll, ...rest } = options
  const optimizer = adamw({ ...rest, weightDecay: 0 })
  return weightDecay === 0 ? optimizer : chain(addDecayedWeights(weightDecay, decays), optimizer)
}
