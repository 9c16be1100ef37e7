import {
  add,
  concat,
  equal,
  linear,
  multiply,
  ones,
  reshape,
  slice,
  softmax,
  type Tensor,
  where,
  zeros,
} from '@lemanic/tensor-core'
import type { DecoderFactory } from '../modules/decoder.js'
import type { EncoderFactory } from '../modules/encoder.js'
import { initParameters, linearShapes, paramsOf, type ParameterShapes } from '../modules/parameter-shape.js'
import { buildModules, contextOf, type FusionModel } from './fusion-model.js'
import { checkModalityDropout, dropModalities, type ModalityDropout, presenceIn, rowsOf } from './presence.js'

export interface GatedFusionOptions {
  readonly encoders: Readonly<Record<string, EncoderFactory>>
  readonly decoders: Readonly<Record<string, DecoderFactory>>
  /** Width of an embedding, and of what the decoders read. Default 32. */
  readonly embeddingSize?: number
  readonly modalityDropout?: ModalityDropout
}

const farBelow = -1e9

/**
 * Gated fusion: a softmax over the modalities that are there, and over one learned embedding of "nothing", weighs their
 * embeddings; each embedding sets its own gate. One row, for all modalities at once.
 *
 * Source: after the gated multimodal unit of Arevalo et al. 2017, with a softmax over what is present in place of sigmoids.
 */
export function createGatedFusion(options: GatedFusionOptions): FusionModel {
  const where_ = 'createGatedFusion'
  const { encoders, decoders, embeddingSize = 32, modalityDropout = 0 } = options
  checkModalityDropout(where_, modalityDropout)
  const sizes = { stateSize: 0, outputSize: embeddingSize, decoderInput: embeddingSize }
  const modules = buildModules(where_, encoders, decoders, sizes)
  const modalities = Object.keys(modules.encoders)
  const extra: ParameterShapes = {
    nothing: { shape: [embeddingSize], start: { deviation: 0.02 } },
    'nothing-gate': { shape: [1], start: 0 },
    ...(Object.assign(
      {},
      ...modalities.map((name) => linearShapes(`gates.${name}`, embeddingSize, 1)),
    ) as ParameterShapes),
  }
  return {
    kind: 'gated',
    modalities,
    tasks: modules.tasks,
    inputShapes: modules.inputShapes,
    skip: 'sample',
    order: 'given',
    init: (key) => ({ ...modules.init(key), ...initParameters(extra, key) }),
    apply(params, given, context) {
      const batch = dropModalities(given, modalityDropout, 'sample', context)
      const count = rowsOf(batch)
      const all = ones([count, 1])
      const embedded: Tensor[] = [multiply(all, reshape(params['nothing'], [1, embeddingSize]))]
      const scores: Tensor[] = [multiply(all, reshape(params['nothing-gate'], [1, 1]))]
      for (const name of modalities) {
        const own = modules.encoders[name].encode(
          paramsOf(params, `encoders.${name}`),
          zeros([count, 0]),
          batch.inputs[name],
          contextOf(context, name),
        )
        const score = linear(own, params[`gates.${name}.weight`], params[`gates.${name}.bias`])
        embedded.push(own)
        scores.push(where(equal(presenceIn(batch, name, 'sample'), 0), farBelow, score))
      }
      const weights = softmax(concat(scores)) // [B, 1 + modalities]
      const mixed = embedded
        .map((own, at) => multiply(own, slice(weights, [undefined, [at, at + 1]])))
        .reduce((total, part) => add(total, part))
      const outputs = Object.fromEntries(
        Object.entries(modules.decoders).map(([name, decoder]) => [
          name,
          decoder.decode(paramsOf(params, `decoders.${name}`), mixed, contextOf(context, name)),
        ]),
      )
      return { rows: [{ modality: null, active: all, outputs }] }
    },
  }
}
