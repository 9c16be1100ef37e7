import { argumentError } from '../errors.js'
import { checkOptions, type Optimizer } from '../optimizers/optimizer.js'
import type { Params } from '../params/params.js'
import type { RandomKey } from '../random/key.js'
import type { CheckpointStore } from './checkpoint.js'
import type { Collectives } from './collectives.js'
import type { Evaluator } from './evaluator.js'
import type { LossFunction } from './loss.js'
import type { Model } from './model.js'
import type { Reducer } from './reducer.js'
import type { Reporter } from './reporter.js'
import type { Sampler } from './sampler.js'

export interface CheckpointOptions {
  /** For instance `checkpointFolder(path)` of the `node` entry. */
  readonly store: CheckpointStore
  /** Save after every so many steps, besides the end and an abort. Default: only then. */
  readonly every?: number
  /** Go on from the newest good checkpoint, if there is one. Default true. */
  readonly resume?: boolean
}

/** Options of `train`. */
export interface TrainOptions<Batch, Output> {
  readonly model: Model<Batch, Output>
  readonly loss: LossFunction<Batch, Output>
  readonly sampler: Sampler<Batch>
  readonly optimizer: Optimizer
  /** Number of steps in all, those of an earlier, resumed run included. */
  readonly steps: number
  readonly key: RandomKey
  /** Initial parameters; stay the caller's. Default: `model.init(key.foldIn('init'))`. */
  readonly params?: Params
  /** Micro-batches in a step, whose gradients are averaged. Default 1. */
  readonly accumulate?: number
  /** Simulated workers, each with its own batches and gradient. Default 1. */
  readonly workers?: number
  /** How workers' gradients become one. Default: their mean. */
  readonly reducer?: Reducer
  /** Connection to other processes that train with this one. Default: none. */
  readonly collectives?: Collectives
  readonly evaluators?: readonly Evaluator[]
  readonly reporters?: readonly Reporter[]
  readonly checkpoint?: CheckpointOptions
  /**
   * Record a step once and replay it in the engine: the same numbers in less time. Model and loss must be pure then:
   * what they do depends on their arguments alone (see `compile`). Where that cannot be done the step runs eagerly by
   * itself; `train-end` says why. Default true.
   */
  readonly compile?: boolean
  /** Between steps timers and signals have their turn. Ends training after the step under way: saves a checkpoint where configured and yields `train-end`, `aborted`. */
  readonly signal?: AbortSignal
  /** Milliseconds, `() => performance.now()`; gives `seconds` and rates. Default: none. */
  readonly clock?: () => number
  /** Size of a batch, for the rates. */
  readonly measure?: (batch: Batch) => { readonly examples?: number; readonly tokens?: number }
}

const known: readonly (keyof TrainOptions<unknown, unknown>)[] = [
  'model',
  'loss',
  'sampler',
  'optimizer',
  'steps',
  'key',
  'params',
  'accumulate',
  'workers',
  'reducer',
  'collectives',
  'evaluators',
  'reporters',
  'checkpoint',
  'compile',
  'signal',
  'clock',
  'measure',
]

/** Refuses unknown and impossible options. */
export function checkTrainOptions<Batch, Output>(options: TrainOptions<Batch, Output>): void {
  checkOptions('train', options, known)
  for (const name of ['model', 'loss', 'sampler', 'optimizer', 'key'] as const) {
    if (options[name] === undefined) throw argumentError('train', `${name}: expected one, got nothing`)
  }
  checkCount('steps', options.steps, 0)
  checkCount('accumulate', options.accumulate ?? 1, 1)
  checkCount('workers', options.workers ?? 1, 1)
  checkCount('checkpoint.every', options.checkpoint?.every ?? 1, 1)
  if (options.checkpoint !== undefined)
    checkOptions('train: checkpoint', options.checkpoint, ['store', 'every', 'resume'])
}

function checkCount(name: string, value: number, minimum: number): void {
  if (!Number.isInteger(value) || value < minimum)
    throw argumentError('train', `${name}: expected a whole number ≥ ${minimum}, got ${String(value)}`)
}
