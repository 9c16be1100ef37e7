export {
  barrier,
  barrierAt,
  scan,
  worstPoint,
  type BarrierCurve,
  type Baseline,
  type BarrierOptions,
  type BarrierPoint,
  type BarrierResult,
  type BarrierValues,
  type LayerSet,
  type Scan,
  type ScanEntry,
  type ScanOptions,
} from './barrier.js'
export {
  connectivityFromJson,
  connectivityToJson,
  measureConnectivity,
  type ConnectivityRecord,
  type MeasureConnectivityOptions,
} from './connectivity-record.js'
export { layerDistances, modelDistance, type LayerDistance } from './distances.js'
export type { Measures, MixEvaluator } from './evaluator.js'
export { functionSimilarity, linearCka, type FunctionSimilarity } from './function-similarity.js'
export { entryBarrier, heatMap, layersByBarrier, type HeatMap, type HeatMapOptions } from './heat-map.js'
export { applyMix, interpolate, type InterpolateOptions } from './interpolate.js'
export { joinGroups, layerGroups, type LayerGroup } from './layer-groups.js'
export {
  cumulativeScan,
  cumulativeSets,
  groupScan,
  layerScan,
  layerSets,
  orderLayers,
  windowScan,
  windowSets,
  type LayerOrder,
} from './layer-sets.js'
export { matchedRandom, type MatchedRandomOptions, type RandomControl } from './matched-random.js'
export { mixOf, type Base, type Mix, type MixOptions, type Shift } from './mix.js'
export { modelPair, type ModelPair, type ModelPairOptions, type StatisticsPolicy } from './model-pair.js'
export { recomputeStatistics, type BatchStatistics, type RecomputeOptions } from './norm-statistics.js'
export { linearAssignment } from './permutation/linear-assignment.js'
export { matchWeights, type MatchWeightsOptions, type WeightMatching } from './permutation/match-weights.js'
export {
  applyPermutations,
  chainSpec,
  type AxisPermutation,
  type Permutations,
  type PermutationSpec,
} from './permutation/permutation-spec.js'
export { singleEvaluator, type SingleEvaluatorOptions } from './single-evaluator.js'
export { stackMixes } from './stack-mixes.js'
export { stackedEvaluator, type StackedEvaluatorOptions } from './stacked-evaluator.js'
export { stackedConv2d, stackedLinear, type StackedConv2dOptions } from './stacked-layers.js'
export { stagedEvaluator, type EvaluationBatch, type Stage, type StagedEvaluatorOptions } from './staged-evaluator.js'
export {
  directionInNullSpace,
  directionInSubspace,
  shareInSubspace,
  trainingSubspace,
  type TrainingSubspace,
  type TrainingSubspaceOptions,
} from './training-subspace.js'
