// 1-bit Adam: Adam at full precision first; then a frozen variance, and the momentum in one bit an entry.
//
//   step < warm-up:  g = mean_k g_k;  m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;  p ← p − η m / (√v + ε)
//   afterwards:      m_k = β₁ m + (1 − β₁) g_k;  m ← mean_k C(m_k), C = scaled sign with error feedback;  p ← p − η m / (√v + ε)
//
// Source: Tang, Gan, Awan, Rajbhandari, Li, Lian, Liu, Zhang, He, "1-bit Adam", ICML 2021 (arXiv 2102.02888), algorithm 1.
// Deviations: the mean of the compressed momenta reaches all workers as it is, where the paper compresses it once more
// on its way back.

import {
  add,
  cloneParams,
  divide,
  emptyState,
  joinStates,
  mapParams,
  multiply,
  prefixParams,
  scope,
  splitState,
  sqrt,
  square,
  subtract,
  zerosLikeParams,
  type Optimizer,
  type Params,
  type Scalar,
  type State,
} from '@lemanic/tensor-core'
import type { Compressor } from './compressor.js'
import { scaledSign } from './compressors/sign.js'
import { errorFeedback } from './error-feedback.js'
import { argumentError, checkNumber, checkOptions, checkWhole } from './refuse.js'

export interface OneBitAdamOptions {
  /** Steps at full precision, ≥ 1: about a sixth of a training. */
  readonly warmupSteps: number
  /** η ≥ 0, or a function of the step. Default 1e-3. */
  readonly learningRate?: number | ((step: number) => number)
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
  /** λ ≥ 0, decoupled. Default 0. */
  readonly weightDecay?: number
}

/** The two halves of 1-bit Adam, for `compressedReducer` and `train`; each works only with the other. */
export interface OneBitAdam {
  readonly compressor: Compressor
  readonly optimizer: Optimizer
}

/** State of the compressor: `0.momentum.*`, and the memory as `1.*`; of the optimizer: `momentum.*` and `variance.*`. */
export function oneBitAdam(options: OneBitAdamOptions): OneBitAdam {
  checkOptions('oneBitAdam', options, ['warmupSteps', 'learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay'])
  const { warmupSteps, learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options
  checkWhole('oneBitAdam', 'warmupSteps', warmupSteps, 1)
  for (const [name, value] of Object.entries({ beta1, beta2 }))
    checkNumber('oneBitAdam', name, value, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  checkNumber('oneBitAdam', 'epsilon', epsilon, (x) => x > 0, 'a number above 0')
  checkNumber('oneBitAdam', 'weightDecay', weightDecay, (x) => x >= 0, 'a number ≥ 0')
  if (typeof learningRate === 'number')
    checkNumber('oneBitAdam', 'learningRate', learningRate, (x) => x >= 0, 'a number ≥ 0')
  const rate = typeof learningRate === 'function' ? learningRate : () => learningRate
  return {
    compressor: momentumCompressor(warmupSteps, beta1),
    optimizer: {
      learningRate: rate,
      init: (params) => ({
        json: null,
        tensors: {
          ...prefixParams(zerosLikeParams(params), 'momentum'),
          ...prefixParams(zerosLikeParams(params), 'variance'),
        },
      }),
      update: (grads: Params, state: State, params: Params, step: Scalar) =>
        scope(() => {
          const isWarm = Number(step) < warmupSteps
          const before = (kind: string, name: string) => state.tensors[`${kind}.${name}`]
          const momentum = isWarm ? mapParams(grads, (g, name) => mix(before('momentum', name), g, beta1)) : grads
          const variance = mapParams(grads, (g, name) =>
            isWarm ? mix(before('variance', name), square(g), beta2) : multiply(before('variance', name), 1),
          )
          const eta = rate(Number(step))
          const updated = mapParams(params, (p, name) => {
            const decayed = weightDecay === 0 ? p : multiply(p, 1 - eta * weightDecay)
            return subtract(decayed, multiply(divide(momentum[name], add(sqrt(variance[name]), epsilon)), eta))
          })
          const kept = cloneParams(momentum)
          return {
            params: updated,
            state: {
              json: null,
              tensors: { ...prefixParams(kept, 'momentum'), ...prefixParams(variance, 'variance') },
            },
          }
        }),
    },
  }
}

type Value = Params[string]

/** β a + (1 − β) b. */
const mix = (a: Value, b: Value, beta: number): Value => add(multiply(a, beta), multiply(b, 1 - beta))

function momentumCompressor(warmupSteps: number, beta1: number): Compressor {
  const compressed = errorFeedback(scaledSign())
  return {
    name: `1-bit adam, ${warmupSteps} steps of warm-up`,
    properties: { linear: false, unbiased: false, needsErrorFeedback: false, allReducible: true },
    init: (params, workers) =>
      joinStates([
        { json: null, tensors: prefixParams(zerosLikeParams(params), 'momentum') },
        compressed.init?.(params, workers) ?? emptyState,
      ]),
    async exchange(messages, context) {
      const { link, run, step } = context
      const [own, inner] = splitState(context.state, 2, 'oneBitAdam')
      if (Object.keys(messages).some((name) => own.tensors[`momentum.${name}`] === undefined))
        throw argumentError('oneBitAdam', 'the state is of other parameters')
      const momentum = (name: string): Value => own.tensors[`momentum.${name}`]
      if (step < warmupSteps) {
        const received = await link.mean(messages)
        const next = run(() => mapParams(received, (g, name) => mix(momentum(name), g, beta1)))
        const state = joinStates([{ json: null, tensors: prefixParams(next, 'momentum') }, inner])
        return { received, sent: () => messages, state }
      }
      const moments = run(() => mapParams(messages, (g, name) => mix(momentum(name), g, beta1)))
      const result = await compressed.exchange(moments, { ...context, state: inner })
      const kept = run(() => cloneParams(result.received))
      const state = joinStates([{ json: null, tensors: prefixParams(kept, 'momentum') }, result.state])
      return { ...result, state }
    },
  }
}
