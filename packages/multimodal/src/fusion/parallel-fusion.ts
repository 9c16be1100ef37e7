import {
  concat,
  type Context,
  full,
  multiply,
  ones,
  type Params,
  reshape,
  subtract,
  tensor,
  type Tensor,
} from '@lemanic/tensor-core'
import type { DecoderFactory } from '../modules/decoder.js'
import type { EncoderFactory } from '../modules/encoder.js'
import { perceptronEncoder, type PerceptronEncoderOptions } from '../modules/perceptron-encoder.js'
import { initParameters, paramsOf, type ParameterShapes } from '../modules/parameter-shape.js'
import { checkKnown, invalid } from '../names.js'
import { buildModules, contextOf, type FusionModel } from './fusion-model.js'
import { checkModalityDropout, choose, dropModalities, type ModalityDropout, presenceIn, rowsOf } from './presence.js'

/** What stands where a modality is missing. */
export type MissingFill =
  /** Zeros: the mean, when features are standardised. */
  | 'zero'
  /** Given means, for features that are not standardised. */
  | { readonly mean: Readonly<Record<string, ArrayLike<number>>> }
  /** Zeros, and a further input that says whether the modality is there. */
  | 'mask-input'
  /** A learned vector in place of the features or of the embedding. */
  | 'mask-token'

export interface ParallelFusionOptions {
  /** Shape of one sample of each modality; modalities in the order in which they are joined. */
  readonly inputShapes: Readonly<Record<string, readonly number[]>>
  readonly decoders: Readonly<Record<string, DecoderFactory>>
  /** Encoders to embeddings; a modality without one is joined as it is. Default none, as the reference code. */
  readonly encoders?: Readonly<Record<string, EncoderFactory>>
  /** Width of an embedding. Default 32. */
  readonly embeddingSize?: number
  /** Default `zero`. */
  readonly fill?: MissingFill
  /** Layers between the joined vector and the decoders. Default [32, 32], rectified. */
  readonly hidden?: readonly number[]
  /** Of the joined vector; in training only. Default 0. */
  readonly dropout?: number
  readonly modalityDropout?: ModalityDropout
}

/**
 * Parallel fusion (the paper's P-Fusion, HAIM's concatenation): all modalities side by side into one perceptron, with
 * something in the place of what is missing. One row, for all modalities at once.
 *
 * Source: arXiv 2309.14118 §4; Soenksen et al., "Integrated multimodal artificial intelligence framework", 2022 (HAIM).
 */
export function createParallelFusion(options: ParallelFusionOptions): FusionModel {
  const where = 'createParallelFusion'
  const { inputShapes, decoders, encoders = {}, embeddingSize = 32, fill = 'zero', hidden = [32, 32] } = options
  const { dropout = 0, modalityDropout = 0 } = options
  const modalities = Object.keys(inputShapes)
  if (modalities.length === 0) throw invalid(where, 'inputShapes: expected at least one modality, got none')
  if (hidden.length === 0) throw invalid(where, 'hidden: expected at least one layer, got none')
  checkModalityDropout(where, modalityDropout)
  for (const name of Object.keys(encoders)) checkKnown(where, 'modality', name, modalities)
  const sizeOf = (name: string): number => inputShapes[name].reduce((size, length) => size * length, 1)
  const widthOf = (name: string): number => (encoders[name] === undefined ? sizeOf(name) : embeddingSize)
  const means = typeof fill === 'object' ? fill.mean : undefined
  for (const [name, values] of Object.entries(means ?? {})) {
    checkKnown(where, 'modality', name, modalities)
    if (values.length !== sizeOf(name))
      throw invalid(where, `fill.mean of "${name}": expected ${sizeOf(name)} numbers, got ${values.length}`)
  }
  const joined =
    modalities.reduce((sum, name) => sum + widthOf(name), 0) + (fill === 'mask-input' ? modalities.length : 0)
  const trunkOptions: PerceptronEncoderOptions = {
    inputs: joined,
    hidden: hidden.slice(0, -1),
    dropout,
    outputActivation: 'relu',
  }
  const width = hidden[hidden.length - 1]
  const trunk = perceptronEncoder(trunkOptions)({ stateSize: 0, outputSize: width })
  const tokens: ParameterShapes =
    fill === 'mask-token'
      ? Object.fromEntries(
          modalities.map((name) => [`tokens.${name}`, { shape: [widthOf(name)], start: { deviation: 0.02 } }]),
        )
      : {}
  const sizes = { stateSize: 0, outputSize: embeddingSize, decoderInput: width, needsEncoders: false }
  const modules = buildModules(where, encoders, decoders, sizes)
  const trunkShapes = Object.fromEntries(
    Object.entries(trunk.parameters).map(([name, shape]) => [`trunk.${name}`, shape]),
  )

  const part = (params: Params, name: string, given: Tensor, present: Tensor, context?: Context): Tensor => {
    const count = present.shape[0]
    const mean = means?.[name]
    const standIn =
      mean === undefined
        ? full(given.shape, 0)
        : reshape(multiply(ones([count, 1]), reshape(tensor(Float32Array.from(mean)), [1, sizeOf(name)])), given.shape)
    const input = reshape(
      choose(present, reshape(given, [count, sizeOf(name)]), reshape(standIn, [count, sizeOf(name)])),
      given.shape,
    )
    const encoder = modules.encoders[name]
    const embedded =
      encoder === undefined
        ? reshape(input, [count, sizeOf(name)])
        : encoder.encode(paramsOf(params, `encoders.${name}`), full([count, 0], 0), input, contextOf(context, name))
    if (fill !== 'mask-token') return embedded
    const token = multiply(ones([count, 1]), reshape(params[`tokens.${name}`], [1, widthOf(name)]))
    return choose(present, embedded, token)
  }

  return {
    kind: 'parallel',
    modalities,
    tasks: modules.tasks,
    inputShapes,
    skip: 'sample',
    order: 'given',
    init: (key) => ({ ...modules.init(key), ...initParameters({ ...trunkShapes, ...tokens }, key) }),
    apply(params, given, context) {
      const batch = dropModalities(given, modalityDropout, 'sample', context)
      const count = rowsOf(batch)
      const presence = Object.fromEntries(modalities.map((name) => [name, presenceIn(batch, name, 'sample')]))
      const parts = modalities.map((name) => part(params, name, batch.inputs[name], presence[name], context))
      // as 0 ± ½, so that a mask input is as centred as standardised features are
      const masks = fill === 'mask-input' ? modalities.map((name) => subtract(presence[name], 0.5)) : []
      const x = concat([...parts, ...masks])
      const shared = trunk.encode(paramsOf(params, 'trunk'), full([count, 0], 0), x, contextOf(context, 'trunk'))
      const outputs = Object.fromEntries(
        Object.entries(modules.decoders).map(([name, decoder]) => [
          name,
          decoder.decode(paramsOf(params, `decoders.${name}`), shared, contextOf(context, name)),
        ]),
      )
      return { rows: [{ modality: null, active: ones([count, 1]), outputs }] }
    },
  }
}
