import type { Params } from '../params/params.js'
import type { State } from '../params/state.js'
import type { Metrics } from './loss.js'

/** Which of a step's batches is asked for. */
export interface BatchPart {
  /** 0 … accumulate − 1. */
  readonly microBatch: number
  /** 0 … workers − 1. */
  readonly worker: number
}

/** What a sampler is told after a step. Tensors are valid during the call only. */
export interface Feedback {
  readonly step: number
  readonly loss: number
  readonly learningRate: number | undefined
  readonly metrics: Metrics
  /** Parameters after the update. */
  readonly params: Params
  /** The gradients that the optimizer was given. */
  readonly grads: Params
}

/** Which examples come next. */
export interface Sampler<Batch> {
  /**
   * The batch of a step (from 0); called once for each micro-batch and worker of the step, in order. Tensors made
   * inside are given back after the step; those made before, a whole data set for instance, stay.
   */
  next(step: number, part: BatchPart): Batch
  observe?(feedback: Feedback): void
  /** Everything that `restore` needs to go on with the same batches. */
  state(): State
  restore(state: State): void
}
