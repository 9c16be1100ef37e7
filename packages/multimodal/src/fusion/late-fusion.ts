import { add, divide, exp, multiply, ones, reshape, slice, type Tensor, zeros } from '@lemanic/tensor-core'
import type { DecoderFactory } from '../modules/decoder.js'
import type { EncoderFactory } from '../modules/encoder.js'
import { initParameters, paramsOf, type ParameterShapes } from '../modules/parameter-shape.js'
import { buildModules, contextOf, type FusionModel } from './fusion-model.js'
import { checkModalityDropout, dropModalities, type ModalityDropout, presenceIn, rowsOf } from './presence.js'

export interface LateFusionOptions {
  readonly encoders: Readonly<Record<string, EncoderFactory>>
  readonly decoders: Readonly<Record<string, DecoderFactory>>
  /** Width of a modality's embedding. Default 32. */
  readonly embeddingSize?: number
  /** How modalities vote: alike, or with a learned weight for each modality and task. Default `learned`. */
  readonly vote?: 'mean' | 'learned'
  readonly modalityDropout?: ModalityDropout
}

/**
 * Late fusion: each modality predicts for itself, and the outputs (logits) of those that are there are averaged, together
 * with one learned prior that is always there. One row, for all modalities at once.
 */
export function createLateFusion(options: LateFusionOptions): FusionModel {
  const where = 'createLateFusion'
  const { encoders, decoders, embeddingSize = 32, vote = 'learned', modalityDropout = 0 } = options
  checkModalityDropout(where, modalityDropout)
  const modalities = Object.keys(encoders)
  const sizes = { stateSize: 0, outputSize: embeddingSize, decoderInput: embeddingSize }
  // one decoder for each modality and task
  const voters = Object.fromEntries(
    modalities.map((name) => [name, buildModules(where, { [name]: encoders[name] }, decoders, sizes)]),
  )
  const first = buildModules(where, encoders, decoders, sizes)
  const tasks = Object.keys(first.tasks)
  const extra: ParameterShapes = Object.fromEntries(
    tasks.flatMap((task): [string, ParameterShapes[string]][] => [
      [`prior.${task}`, { shape: [first.tasks[task].outputs], start: 0 }],
      ...(vote === 'learned'
        ? [[`votes.${task}`, { shape: [modalities.length], start: 0 }] as [string, ParameterShapes[string]]]
        : []),
    ]),
  )
  return {
    kind: 'late',
    modalities,
    tasks: first.tasks,
    inputShapes: first.inputShapes,
    skip: 'sample',
    order: 'given',
    init: (key) => ({
      ...Object.assign(
        {},
        ...modalities.map((name) =>
          Object.fromEntries(
            Object.entries(voters[name].init(key.foldIn(name))).map(([own, value]) => [`voters.${name}.${own}`, value]),
          ),
        ),
      ),
      ...initParameters(extra, key),
    }),
    apply(params, given, context) {
      const batch = dropModalities(given, modalityDropout, 'sample', context)
      const count = rowsOf(batch)
      const embedded = modalities.map((name) =>
        voters[name].encoders[name].encode(
          paramsOf(params, `voters.${name}.encoders.${name}`),
          zeros([count, 0]),
          batch.inputs[name],
          contextOf(context, name),
        ),
      )
      const outputs = Object.fromEntries(
        tasks.map((task): [string, Tensor] => {
          let total: Tensor = multiply(ones([count, 1]), reshape(params[`prior.${task}`], [1, -1]))
          let weights: Tensor = ones([count, 1])
          modalities.forEach((name, at) => {
            const decoder = voters[name].decoders[task]
            const logits = decoder.decode(paramsOf(params, `voters.${name}.decoders.${task}`), embedded[at], context)
            const own =
              vote === 'learned'
                ? multiply(
                    presenceIn(batch, name, 'sample'),
                    reshape(exp(slice(params[`votes.${task}`], [[at, at + 1]])), [1, 1]),
                  )
                : presenceIn(batch, name, 'sample')
            total = add(total, multiply(own, logits))
            weights = add(weights, own)
          })
          return [task, divide(total, weights)]
        }),
      )
      return { rows: [{ modality: null, active: ones([count, 1]), outputs }] }
    },
  }
}
