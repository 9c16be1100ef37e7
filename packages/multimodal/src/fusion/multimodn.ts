// MultiModN: one state, a module for each modality that updates it, a module for each task that reads it.
//
// Swamy, Satayeva, Frej, Bossy, Vogels, Jaggi, Käser, Hartley, "MultiModN — Multimodal, Multi-Task, Interpretable Modular
// Networks", NeurIPS 2023 (arXiv 2309.14118); predecessor MoDN (Trottet et al. 2023), whose update was residual.
//
//     s ← s₀; ŷ₀ⱼ = dⱼ(s)                       initial state, a prediction without data
//     for modality i in order:                   whatever is there, in any order
//       s ← m·eᵢ(s, xᵢ) + (1 − m)·s              m: the sample has modality i
//       ŷᵢⱼ = dⱼ(s)                              a prediction after each modality, for each task j
//
// s state [B, S], eᵢ `encoders`, dⱼ `decoders`, m `active`; rows of the (modalities + 1) × tasks grid are `FusionRow`s.
//
// Deviations from the reference code: it skips a modality for a whole batch as soon as one sample lacks it (`skip: 'batch'`
// does that), the paper's text and our default skip it for that sample; its decoders end in a sigmoid that is taken for
// logits (`binaryTask({ head: 'sigmoid-cross-entropy' })`); it has no residual update, no learned order, and no dropping of
// modalities in training. `skip: 'batch'` at inference makes a prediction depend on who else is in the batch.

import {
  add,
  broadcastTo,
  type Context,
  mean,
  ones,
  type Params,
  randomNormal,
  reshape,
  square,
  subtract,
  tensor,
  type Tensor,
} from '@lemanic/tensor-core'
import type { DecoderFactory } from '../modules/decoder.js'
import type { EncoderFactory } from '../modules/encoder.js'
import { paramsOf } from '../modules/parameter-shape.js'
import { checkKnown, invalid } from '../names.js'
import { buildModules, contextOf, type FusionModel, type FusionRow } from './fusion-model.js'
import { applyLearnedOrder, orderShapes } from './learned-order.js'
import { checkModalityDropout, choose, dropModalities, type ModalityDropout, presenceIn, rowsOf } from './presence.js'

export interface MultiModNOptions {
  /** S, the width of the state. Default 50, the paper's for MIMIC. */
  readonly stateSize?: number
  /** One for each modality, in the order in which they arrive unless a batch says otherwise. */
  readonly encoders: Readonly<Record<string, EncoderFactory>>
  /** One for each task. */
  readonly decoders: Readonly<Record<string, DecoderFactory>>
  /** s₀: trained from N(0, 1), zeros, or given (states of another model, say), which stays as it is. Default `trainable`. */
  readonly initialState?: 'trainable' | 'zeros' | readonly number[]
  /** s ← e(s, x), as the paper, or s ← s + e(s, x), as MoDN. Default `overwrite`. */
  readonly update?: 'overwrite' | 'residual'
  /**
   * `given`: that of `encoders`. `random`: in training each batch has an order of its own. `learned`: a gate on the state
   * picks each sample's next modality. Default `given`.
   */
  readonly order?: 'given' | 'random' | 'learned'
  /** Who skips a missing modality: the sample, or the whole batch as in the reference code. Default `sample`. */
  readonly skip?: 'sample' | 'batch'
  /** Probability that training takes a present modality from a sample. Default 0. */
  readonly modalityDropout?: ModalityDropout
}

/** MultiModN, with the parts of it that streaming prediction and explanations need. */
export interface SequentialModel extends FusionModel {
  readonly kind: 'sequential'
  readonly stateSize: number
  /** s₀ for `count` samples, [count, S]. */
  start(params: Params, count: number): Tensor
  /** eᵢ: the state after a modality that all samples have. */
  step(params: Params, state: Tensor, modality: string, input: Tensor, context?: Context): Tensor
  /** dⱼ for every task: the outputs at a state. */
  decode(params: Params, state: Tensor, context?: Context): Readonly<Record<string, Tensor>>
}

/** Builds MultiModN; see the head of this file. Throws `invalid-argument` for impossible options. */
export function createMultiModN(options: MultiModNOptions): SequentialModel {
  const { stateSize = 50, initialState = 'trainable', update = 'overwrite', order = 'given' } = options
  const { skip = 'sample', modalityDropout = 0 } = options
  const where = 'createMultiModN'
  if (!Number.isInteger(stateSize) || stateSize < 1)
    throw invalid(where, `stateSize: expected a whole number ≥ 1, got ${stateSize}`)
  if (typeof initialState !== 'string' && initialState.length !== stateSize)
    throw invalid(where, `initialState: expected ${stateSize} numbers, got ${initialState.length}`)
  if (order === 'learned' && skip === 'batch')
    throw invalid(where, 'order "learned" gives each sample its own order, so that skip "batch" has no meaning')
  checkModalityDropout(where, modalityDropout)
  const sizes = { stateSize, outputSize: stateSize, decoderInput: stateSize }
  const modules = buildModules(where, options.encoders, options.decoders, sizes)
  const modalities = Object.keys(modules.encoders)

  const start = (params: Params, count: number): Tensor => {
    const own =
      initialState === 'trainable'
        ? params['initial.state']
        : tensor(typeof initialState === 'string' ? new Float32Array(stateSize) : Float32Array.from(initialState))
    return broadcastTo(reshape(own, [1, stateSize]), [count, stateSize])
  }
  const step = (params: Params, state: Tensor, modality: string, input: Tensor, context?: Context): Tensor => {
    checkKnown('MultiModN.step', 'modality', modality, modalities)
    const encoder = modules.encoders[modality]
    const encoded = encoder.encode(paramsOf(params, `encoders.${modality}`), state, input, contextOf(context, modality))
    return update === 'residual' ? add(state, encoded) : encoded
  }
  const decode = (params: Params, state: Tensor, context?: Context): Record<string, Tensor> =>
    Object.fromEntries(
      Object.entries(modules.decoders).map(([name, decoder]) => [
        name,
        decoder.decode(paramsOf(params, `decoders.${name}`), state, contextOf(context, name)),
      ]),
    )

  return {
    kind: 'sequential',
    modalities,
    tasks: modules.tasks,
    inputShapes: modules.inputShapes,
    skip,
    order,
    stateSize,
    start,
    step,
    decode,
    init: (key) => ({
      ...(initialState === 'trainable'
        ? { 'initial.state': randomNormal(key.foldIn('initial.state'), [stateSize]) }
        : {}),
      ...modules.init(key),
      ...(order === 'learned' ? orderShapes(stateSize, modalities.length, key) : {}),
    }),
    apply(params, given, context) {
      const batch = dropModalities(given, modalityDropout, skip, context)
      const count = rowsOf(batch)
      let state = start(params, count)
      const rows: FusionRow[] = [{ modality: null, active: ones([count, 1]), outputs: decode(params, state, context) }]
      if (order === 'learned' && batch.order === undefined)
        return { rows: [...rows, ...applyLearnedOrder({ params, batch, state, modalities, step, decode, context })] }
      for (const modality of batch.order ?? modalities) {
        const next = step(params, state, modality, batch.inputs[modality], context)
        const active = presenceIn(batch, modality, skip)
        const change = mean(square(subtract(next, state)), 1, { keepDimensions: true })
        state = choose(active, next, state)
        rows.push({ modality, active, change, outputs: decode(params, state, context) })
      }
      return { rows }
    },
  }
}
