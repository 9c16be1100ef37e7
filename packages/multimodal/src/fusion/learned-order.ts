// A learned order: a gate on the state picks which modality each sample takes next, among those that it has and has not
// yet taken. Ours; the paper's order is fixed.
//
//     z = W s + b                                a score for each modality
//     p = softmax(z over what is left)           left: present and not yet taken
//     h = one-hot(argmax(p + Gumbel noise))      noise in training only: exploration
//     w = h + p − stop(p)                        straight-through: forward the choice, backward the softmax
//     s ← s + Σᵢ wᵢ (eᵢ(s, xᵢ) − s)              every modality is encoded at every slot: modalities² encodings
//
// Source: Bengio et al. 2013 (straight-through estimator); Jang et al., Maddison et al. 2017 (Gumbel noise).

import {
  add,
  argMax,
  cast,
  concat,
  type Context,
  linear,
  log,
  maximum,
  mean,
  multiply,
  negative,
  oneHot,
  type Params,
  randomNormal,
  type RandomKey,
  randomUniform,
  slice,
  softmax,
  square,
  stopGradient,
  subtract,
  sum,
  type Tensor,
  where,
  equal,
  zeros,
} from '@lemanic/tensor-core'
import type { FusionBatch, FusionRow } from './fusion-model.js'
import { choose } from './presence.js'

/** Fresh parameters of the gate. */
export function orderShapes(stateSize: number, modalities: number, key: RandomKey): Params {
  return {
    'order.weight': randomNormal(key.foldIn('order.weight'), [modalities, stateSize], { standardDeviation: 0.01 }),
    'order.bias': zeros([modalities]),
  }
}

/** −∞ would make a softmax of nothing left NaN. */
const farBelow = -1e9

/** One row for each slot: after the first modality of each sample, after its second, … */
export function applyLearnedOrder(parts: {
  readonly params: Params
  readonly batch: FusionBatch
  readonly state: Tensor
  readonly modalities: readonly string[]
  readonly step: (params: Params, state: Tensor, modality: string, input: Tensor, context?: Context) => Tensor
  readonly decode: (params: Params, state: Tensor, context?: Context) => Readonly<Record<string, Tensor>>
  readonly context: Context | undefined
}): FusionRow[] {
  const { params, batch, modalities, step, decode, context } = parts
  let { state } = parts
  let left = concat(modalities.map((name) => batch.present[name])) // [B, E]
  const rows: FusionRow[] = []
  for (let slot = 0; slot < modalities.length; slot++) {
    const scores = where(equal(left, 0), farBelow, linear(state, params['order.weight'], params['order.bias']))
    const soft = softmax(scores)
    const noisy =
      context?.training === true ? add(scores, gumbel(context.key.foldIn('order').foldIn(slot), left)) : scores
    const any = maxOf(left) // [B, 1]: something is left
    const hard = multiply(
      cast(oneHot(argMax(where(equal(left, 0), farBelow, noisy), -1), modalities.length), 'float32'),
      any,
    )
    const weights = multiply(add(hard, subtract(soft, stopGradient(soft))), any)
    let moved: Tensor | undefined
    let change: Tensor | undefined
    modalities.forEach((name, at) => {
      const encoded = step(params, state, name, batch.inputs[name], context)
      const difference = subtract(choose(batch.present[name], encoded, state), state)
      const own = slice(weights, [undefined, [at, at + 1]])
      const part = multiply(own, difference)
      moved = moved === undefined ? part : add(moved, part)
      const size = multiply(
        slice(hard, [undefined, [at, at + 1]]),
        mean(square(difference), 1, { keepDimensions: true }),
      )
      change = change === undefined ? size : add(change, size)
    })
    state = add(state, moved!)
    left = multiply(left, subtract(1, hard))
    rows.push({ modality: null, active: any, chosen: hard, change: change!, outputs: decode(params, state, context) })
  }
  return rows
}

function gumbel(key: RandomKey, like: Tensor): Tensor {
  const uniform = maximum(randomUniform(key, like.shape, { backend: like.backend }), 1e-12)
  return negative(log(maximum(negative(log(uniform)), 1e-12)))
}

function maxOf(left: Tensor): Tensor {
  return cast(subtract(1, cast(equal(sum(left, 1, { keepDimensions: true }), 0), 'float32')), 'float32')
}
