import { type Context, LemanicError, type Model, type Params, type RandomKey, type Tensor } from '@lemanic/tensor-core'
import type { MultimodalData } from '../data/multimodal-data.js'
import type { Encoder, EncoderFactory, EncoderSizes } from '../modules/encoder.js'
import type { Decoder, DecoderFactory } from '../modules/decoder.js'
import { initParameters, type ParameterShapes } from '../modules/parameter-shape.js'
import { checkKnown, invalid } from '../names.js'
import type { Task } from '../tasks/task.js'

/** Samples as tensors; `batchOf` makes one of `MultimodalData`. */
export interface FusionBatch {
  /** [B, …shape] for each modality; zeros where it is missing. */
  readonly inputs: Readonly<Record<string, Tensor>>
  /** [B, 1] for each modality: 1 where present, 0 where missing. */
  readonly present: Readonly<Record<string, Tensor>>
  /** [B, targetWidth] for each task; zeros where unknown. */
  readonly targets: Readonly<Record<string, Tensor>>
  /** [B, labels] for each task: 1 where the label is known. */
  readonly known: Readonly<Record<string, Tensor>>
  /** [B, 1] for each task: weights of the samples, for instance those of `propensityWeights`. Absent: all 1. */
  readonly weights?: Readonly<Record<string, Tensor>>
  /** Order in which modalities arrive. Default: the model's. */
  readonly order?: readonly string[]
}

/** What a model says at one moment: before any modality, or after one. */
export interface FusionRow {
  /** The modality that has just arrived; null before any, in the one row of models that take all at once, and where the order is each sample's own. */
  readonly modality: string | null
  /** [B, 1]: 1 for samples whose prediction counts here, because the modality is there. */
  readonly active: Tensor
  /** [B, task.outputs] for each task. */
  readonly outputs: Readonly<Record<string, Tensor>>
  /** [B, 1]: mean square of what the modality changed of the state, before masking; sequential models only. */
  readonly change?: Tensor
  /** [B, modalities]: which modality each sample took here, one-hot; where the order is learned. */
  readonly chosen?: Tensor
}

export interface FusionOutput {
  readonly rows: readonly FusionRow[]
}

/** A model of several modalities and tasks; one interface for MultiModN and for all it is compared with. */
export interface FusionModel extends Model<FusionBatch, FusionOutput> {
  readonly kind: 'sequential' | 'parallel' | 'late' | 'gated'
  /** In the order in which they arrive, unless a batch says otherwise. */
  readonly modalities: readonly string[]
  readonly tasks: Readonly<Record<string, Task>>
  /** Shape of a sample of each modality; −1 for a length that may vary. */
  readonly inputShapes: Readonly<Record<string, readonly number[]>>
  /** `batch`: one sample without a modality takes it from its whole batch (the reference code). */
  readonly skip: 'sample' | 'batch'
  /** Whether training draws an order for each batch. */
  readonly order: 'given' | 'random' | 'learned'
}

/** Modules of a model, made for its sizes. */
export interface Modules {
  readonly encoders: Readonly<Record<string, Encoder>>
  readonly decoders: Readonly<Record<string, Decoder>>
  readonly tasks: Readonly<Record<string, Task>>
  readonly inputShapes: Readonly<Record<string, readonly number[]>>
  /** Fresh parameters of all modules, `encoders.NAME.…` and `decoders.NAME.…`. */
  init(key: RandomKey): Params
}

/** Builds encoders and decoders, and checks that there are some (`needsEncoders`: false where there may be none). */
export function buildModules(
  where: string,
  encoders: Readonly<Record<string, EncoderFactory>>,
  decoders: Readonly<Record<string, DecoderFactory>>,
  sizes: EncoderSizes & { readonly decoderInput: number; readonly needsEncoders?: boolean },
): Modules {
  for (const [what, record] of Object.entries({ encoders, decoders })) {
    if (Object.keys(record).length === 0 && (what === 'decoders' || sizes.needsEncoders !== false))
      throw invalid(where, `${what}: expected at least one, got none`)
    for (const name of Object.keys(record)) {
      if (name === '' || name.includes('.'))
        throw invalid(
          where,
          `${what}: expected names without dots, got "${name}"`,
          'names become parts of parameter names',
        )
    }
  }
  const built = Object.fromEntries(Object.entries(encoders).map(([name, make]) => [name, make(sizes)]))
  const heads = Object.fromEntries(Object.entries(decoders).map(([name, make]) => [name, make(sizes.decoderInput)]))
  const shapes = {
    ...Object.assign(
      {},
      ...Object.entries(built).map(([name, { parameters }]) => prefixed(`encoders.${name}`, parameters)),
    ),
    ...Object.assign(
      {},
      ...Object.entries(heads).map(([name, { parameters }]) => prefixed(`decoders.${name}`, parameters)),
    ),
  } as ParameterShapes
  return {
    encoders: built,
    decoders: heads,
    tasks: Object.fromEntries(Object.entries(heads).map(([name, { task }]) => [name, task])),
    inputShapes: Object.fromEntries(Object.entries(built).map(([name, { inputShape }]) => [name, inputShape])),
    init: (key) => initParameters(shapes, key),
  }
}

function prefixed(prefix: string, shapes: ParameterShapes): ParameterShapes {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`${prefix}.${name}`, shape]))
}

/** The context of one module: a key of its own, so that modules do not share their chance. */
export function contextOf(context: Context | undefined, name: string): Context | undefined {
  if (context === undefined) return undefined
  return {
    key: context.key.foldIn(name),
    training: context.training,
    // asked for only by a module that wants it: reading it ends the compilation of a training step
    get step() {
      return context.step
    },
  }
}

/** Refuses data that do not fit a model: missing modalities or tasks, other shapes, impossible targets. */
export function checkFits(model: FusionModel, data: MultimodalData, where: string, withTargets: boolean): void {
  for (const name of model.modalities) {
    checkKnown(where, 'modality', name, Object.keys(data.modalities))
    const [expected, { shape }] = [model.inputShapes[name], data.modalities[name]]
    const fits =
      shape.length === expected.length && expected.every((length, axis) => length === -1 || length === shape[axis])
    if (fits) continue
    throw new LemanicError(
      'invalid-shape',
      `${where}: modality "${name}": the model's encoder takes samples of shape [${expected.join(', ')}], the data have [${shape.join(', ')}]`,
      { fields: { modality: name, expected, shape } },
    )
  }
  if (!withTargets) return
  for (const [name, task] of Object.entries(model.tasks)) {
    checkKnown(where, 'task', name, Object.keys(data.targets))
    const { width, values, known } = data.targets[name]
    const labels = known.length / data.rows
    if (width !== task.targetWidth || labels !== task.labels) {
      throw new LemanicError(
        'invalid-shape',
        `${where}: task "${name}" (${task.kind}): expected ${task.targetWidth} target numbers and ${task.labels} labels a row, got ${width} and ${labels}`,
        { fields: { task: name } },
      )
    }
    for (let row = 0; row < data.rows; row++) {
      if (known.subarray(row * labels, (row + 1) * labels).includes(0)) continue
      task.checkTarget(values.subarray(row * width, (row + 1) * width), `${where}: task "${name}", row ${row}`)
    }
  }
}
