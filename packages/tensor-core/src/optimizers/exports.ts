export type { GradientTransform, Optimizer, Rate, Schedule } from './optimizer.js'
export { chain } from './chain.js'
export { adam, adamw, type AdamOptions, type AdamwOptions } from './adamw.js'
export { sgd, type SgdOptions } from './sgd.js'
export { signum, type SignumOptions } from './signum.js'
export { addDecayedWeights } from './decay.js'
export { decaysAll, decaysMatrices, type DecayMask } from './moments.js'
export { clipByGlobalNorm, clipByValue } from './clip.js'
export { accumulateGradients } from './accumulate-gradients.js'
export {
  exponentialMovingAverage,
  type AveragingOptimizer,
  type ExponentialMovingAverageOptions,
} from './exponential-moving-average.js'
export {
  constantSchedule,
  cosineSchedule,
  linearSchedule,
  oneCycleSchedule,
  warmupStableDecaySchedule,
  type CosineOptions,
  type LinearOptions,
  type OneCycleOptions,
  type WarmupStableDecayOptions,
} from './schedules.js'
