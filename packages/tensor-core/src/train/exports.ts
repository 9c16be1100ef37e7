export type { Context } from './context.js'
export type { Model } from './model.js'
export type { LossFunction, Metrics, TrainLoss } from './loss.js'
export type { BatchPart, Feedback, Sampler } from './sampler.js'
export { randomReshuffling, type RandomReshufflingOptions } from './random-reshuffling.js'
export { singleProcess, type Collectives } from './collectives.js'
export { combineInOrder, type ReduceOperation } from './combine-in-order.js'
export { inProcessCollectives } from './in-process-collectives.js'
export type { Reducer, ReducerContext, Reduction } from './reducer.js'
export { meanReducer } from './mean-reducer.js'
export { everySteps, lossEvaluator, type Evaluator, type LossEvaluatorOptions } from './evaluator.js'
export type { Reporter } from './reporter.js'
export type {
  CheckpointRefusedEvent,
  CheckpointSavedEvent,
  EvaluationEndEvent,
  StepEndEvent,
  TrainEndEvent,
  TrainEvent,
  TrainStartEvent,
} from './events.js'
export {
  memoryCheckpoints,
  type Checkpoint,
  type CheckpointStore,
  type HostState,
  type HostTensors,
  type LoadedCheckpoint,
  type RefusedCheckpoint,
} from './checkpoint.js'
export type { CheckpointOptions, TrainOptions } from './options.js'
export { train } from './train.js'
