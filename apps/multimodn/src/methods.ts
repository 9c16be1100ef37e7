import {
  binaryTask,
  createGatedFusion,
  createLateFusion,
  createMultiModN,
  createParallelFusion,
  type DecoderFactory,
  type EncoderFactory,
  type FusionLossOptions,
  type FusionModel,
  perceptronDecoder,
  type Task,
} from '@lemanic/multimodal'
import { modelSizes } from './options.js'

/** What a model is made of: modalities with encoders and shapes, and tasks. */
export interface ModelParts {
  readonly shapes: Readonly<Record<string, readonly number[]>>
  /** Encoders for this drop-out of their input. */
  readonly encoders: (dropout: number) => Readonly<Record<string, EncoderFactory>>
  readonly tasks: Readonly<Record<string, Task>>
}

/** A way of training and predicting that the study compares. */
export interface Method {
  readonly title: string
  readonly model: (parts: ModelParts) => FusionModel
  readonly loss?: FusionLossOptions
  /** Weights that give each pattern of missing modalities the prior of the classes. */
  readonly weighted?: boolean
  /** Rows in their order, and missing cells taken from the first rows: the reference code's protocol. */
  readonly ordered?: boolean
}

const { state, hidden, dropout } = modelSizes
const decodersOf = (
  tasks: Readonly<Record<string, Task>>,
  layers: readonly number[] = [],
): Record<string, DecoderFactory> =>
  Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, perceptronDecoder(task, { hidden: layers })]))

const sequential =
  (options: Partial<Parameters<typeof createMultiModN>[0]> = {}) =>
  ({ encoders, tasks }: ModelParts): FusionModel =>
    createMultiModN({ stateSize: state, encoders: encoders(dropout), decoders: decodersOf(tasks), ...options })

const parallel =
  (options: Partial<Parameters<typeof createParallelFusion>[0]> = {}) =>
  ({ shapes, tasks }: ModelParts): FusionModel =>
    createParallelFusion({
      inputShapes: shapes,
      decoders: decodersOf(tasks),
      hidden: [hidden, hidden],
      dropout,
      ...options,
    })

const repaired = { modalityDropout: 0.5 }

/** All methods, by name. */
export const methods = {
  sequential: { title: 'MultiModN, samples skip', model: sequential() },
  batch: { title: 'MultiModN, batches skip', model: sequential({ skip: 'batch' }) },
  reference: {
    title: 'MultiModN, reference protocol',
    model: (parts) =>
      sequential({ skip: 'batch' })({
        ...parts,
        tasks: Object.fromEntries(
          Object.entries(parts.tasks).map(([name, task]) => [
            name,
            task.kind === 'binary' ? binaryTask({ head: 'sigmoid-cross-entropy' }) : task,
          ]),
        ),
      }),
    loss: { denominator: 'reference' },
    ordered: true,
  },
  'sequential-repaired': { title: 'MultiModN, drop-out + weights', model: sequential(repaired), weighted: true },
  'sequential-dropout': { title: 'MultiModN, drop-out', model: sequential(repaired) },
  parallel: { title: 'P-Fusion, zeros', model: parallel() },
  'parallel-ordered': { title: 'P-Fusion, zeros, ordered', model: parallel(), ordered: true },
  'parallel-mask': { title: 'P-Fusion, mask input', model: parallel({ fill: 'mask-input' }) },
  'parallel-token': { title: 'P-Fusion, mask token', model: parallel({ fill: 'mask-token' }) },
  'parallel-repaired': { title: 'P-Fusion, drop-out + weights', model: parallel(repaired), weighted: true },
  late: {
    title: 'Late fusion',
    model: ({ encoders, tasks }) => createLateFusion({ encoders: encoders(dropout), decoders: decodersOf(tasks) }),
  },
  gated: {
    title: 'Gated fusion',
    model: ({ encoders, tasks }) => createGatedFusion({ encoders: encoders(dropout), decoders: decodersOf(tasks) }),
  },
  residual: { title: 'MultiModN, residual update', model: sequential({ update: 'residual' }) },
  'random-order': { title: 'MultiModN, random orders', model: sequential({ order: 'random' }) },
  'learned-order': { title: 'MultiModN, learned order', model: sequential({ order: 'learned' }) },
} as const satisfies Readonly<Record<string, Method>>

export type MethodName = keyof typeof methods

/** The method of a name, as an interface. */
export const methodOf = (name: MethodName): Method => methods[name]
