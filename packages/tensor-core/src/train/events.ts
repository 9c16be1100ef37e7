import type { Compilation } from './step-functions.js'
import type { Params } from '../params/params.js'
import type { Json } from '../params/state.js'
import type { Metrics } from './loss.js'

export interface TrainStartEvent {
  readonly type: 'train-start'
  /** Steps already done; above 0 when resumed. */
  readonly step: number
  readonly steps: number
  /** Number of parameter elements. */
  readonly parameterCount: number
  /** Where the state came from, when resumed. */
  readonly resumedFrom: string | undefined
}

export interface StepEndEvent {
  readonly type: 'step-end'
  /** Steps done, this one included: 1 … steps. */
  readonly step: number
  readonly steps: number
  /** Mean over the micro-batches and workers of this process, before the update. */
  readonly loss: number
  readonly learningRate: number | undefined
  /** Euclidean norm of all gradients together, before any clipping. */
  readonly gradientNorm: number
  /** What the loss function returned beside the loss. */
  readonly metrics: Metrics
  /** What the reducer tells; empty without one. */
  readonly telemetry: Readonly<Record<string, Json>>
  /** The rest only where a `clock` was given (and `measure`, for the rates). */
  readonly seconds: number | undefined
  readonly examplesPerSecond: number | undefined
  readonly tokensPerSecond: number | undefined
}

export interface EvaluationEndEvent {
  readonly type: 'evaluation-end'
  readonly step: number
  readonly name: string
  readonly metrics: Metrics
}

export interface CheckpointSavedEvent {
  readonly type: 'checkpoint-saved'
  readonly step: number
  readonly path: string
}

/** A checkpoint that could not be used; an earlier one is tried. */
export interface CheckpointRefusedEvent {
  readonly type: 'checkpoint-refused'
  readonly path: string
  readonly message: string
}

export interface TrainEndEvent {
  readonly type: 'train-end'
  readonly step: number
  readonly reason: 'completed' | 'aborted'
  /** The trained parameters; they belong to the caller from here. */
  readonly params: Params
  /** How often the parts of a step were replayed, and why not, if so. */
  readonly compilation: Compilation
}

/** What `train` yields, discriminated by `type`. */
export type TrainEvent =
  | TrainStartEvent
  | StepEndEvent
  | EvaluationEndEvent
  | CheckpointSavedEvent
  | CheckpointRefusedEvent
  | TrainEndEvent
