export { dirichletPartition } from './partitions/dirichlet-partition.js'
export { labelShardPartition } from './partitions/label-shard-partition.js'
export { labelSortedPartition } from './partitions/label-sorted-partition.js'
export { iidPartition, labelCounts, type Partition } from './partitions/partition.js'
export { partitionFromJson, partitionToJson, type PartitionJson } from './partitions/partition-json.js'
export { classificationClients, type ClientBatch, type ClientData } from './clients/client-data.js'
export type {
  Clients,
  Evaluation,
  EvaluationRequest,
  Training,
  TrainRequest,
  WeightedGradientRequest,
} from './clients/clients.js'
export {
  clusteredRegression,
  type ClusteredRegression,
  type ClusteredRegressionOptions,
} from './clients/clustered-regression.js'
export {
  paramsClients,
  type ClientContext,
  type CompiledClients,
  type ParamsClientsOptions,
} from './clients/params-clients.js'
export { equalClusters, privateLabels } from './clients/private-labels.js'
export { rotateImage, rotations } from './clients/rotation.js'
export { trainByGradients } from './clients/train-by-gradients.js'
export {
  vectorClients,
  type Objective,
  type ObjectiveContext,
  type VectorClientsOptions,
} from './clients/vector-clients.js'
export { paramsAt, paramsOf, paramsRows, stackedRows } from './rows/params-rows.js'
export { meanRow, rowAt, type Rows } from './rows/rows.js'
export { rowsFromHost } from './rows/rows-from-host.js'
export { vectorRows } from './rows/vector-rows.js'
export type {
  Aggregation,
  AggregationContext,
  Aggregator,
  PreAggregation,
  PreAggregator,
  RowsState,
} from './aggregators/aggregator.js'
export { aggregateParams, aggregateVectors, aggregatorReducer, type AggregateOptions } from './aggregators/apply.js'
export { bucketing } from './aggregators/bucketing.js'
export { centeredClipping, type CenteredClippingOptions } from './aggregators/centered-clipping.js'
export { compose } from './aggregators/compose.js'
export { coordinateMedian } from './aggregators/coordinate-median.js'
export { geometricMedian, type GeometricMedianOptions } from './aggregators/geometric-median.js'
export { krum } from './aggregators/krum.js'
export { mean as meanAggregator } from './aggregators/mean.js'
export { multiKrum } from './aggregators/multi-krum.js'
export { nearestNeighborMixing } from './aggregators/nearest-neighbor-mixing.js'
export { normClipping } from './aggregators/norm-clipping.js'
export {
  thresholdClustering,
  thresholdClusteringAggregator,
  type ThresholdClustering,
  type ThresholdClusteringOptions,
} from './aggregators/threshold-clustering.js'
export { trimmedMean } from './aggregators/trimmed-mean.js'
export { workerMomentum, type WorkerMomentumOptions } from './aggregators/worker-momentum.js'
export type { BallDiagnostic } from './radius/ball-diagnostic.js'
export { fixedRadius } from './radius/fixed-radius.js'
export { gapRadius, type GapRadiusOptions } from './radius/gap-radius.js'
export { madRadius, type MadRadiusOptions } from './radius/mad-radius.js'
export { quantileRadius, type QuantileRadiusOptions } from './radius/quantile-radius.js'
export type { RadiusContext, RadiusPolicy } from './radius/radius-policy.js'
export { theoryRadius, type TheoryRadiusOptions } from './radius/theory-radius.js'
export { aLittleIsEnough, hidingFactor, type ALittleIsEnoughOptions } from './attacks/a-little-is-enough.js'
export { forgeParams, forgeVectors, type ForgeOptions } from './attacks/apply.js'
export type { Attack, AttackContext, AttackResult } from './attacks/attack.js'
export { duplicateCollusion } from './attacks/duplicate-collusion.js'
export { edgeOfBall, type EdgeOfBallOptions } from './attacks/edge-of-ball.js'
export { gaussianNoise } from './attacks/gaussian-noise.js'
export { innerProductManipulation } from './attacks/inner-product-manipulation.js'
export { labelFlip } from './attacks/label-flip.js'
export { largeGradient, type LargeGradientOptions } from './attacks/large-gradient.js'
export { mimic } from './attacks/mimic.js'
export { minMax, type MinMaxOptions } from './attacks/min-max.js'
export { signFlip } from './attacks/sign-flip.js'
export { zeroAttack } from './attacks/zero-attack.js'
export type {
  AlgorithmState,
  Delivery,
  FederatedAlgorithm,
  Received,
  RoundContext,
  StepOptions,
} from './algorithms/algorithm.js'
export { clusteredFl, type ClusteredFlOptions } from './algorithms/clustered-fl.js'
export { ditto, type DittoOptions } from './algorithms/ditto.js'
export { federatedAverage, type FederatedAverageOptions } from './algorithms/federated-average.js'
export { federatedClustering, type FederatedClusteringOptions } from './algorithms/federated-clustering.js'
export { fineTuned } from './algorithms/fine-tuned.js'
export { ifca, type IfcaOptions } from './algorithms/ifca.js'
export { knnPersonalization, type KnnPersonalizationOptions } from './algorithms/knn-personalization.js'
export { local } from './algorithms/local.js'
export { momentumClustering, type MomentumClusteringOptions } from './algorithms/momentum-clustering.js'
export { myopicClustering } from './algorithms/myopic-clustering.js'
export { oracleClusters, type OracleClustersOptions } from './algorithms/oracle-clusters.js'
export { partialAveraging, type LayerPolicy, type PartialAveragingOptions } from './algorithms/partial-averaging.js'
export { scaffold, type ScaffoldOptions } from './algorithms/scaffold.js'
export {
  serverAdam,
  serverAverage,
  serverMomentum,
  type ServerAdamOptions,
  type ServerOptimizer,
} from './algorithms/server-optimizers.js'
export type { Counters } from './simulation/counters.js'
export type {
  EvaluationEndEvent,
  Exclusion,
  RoundEndEvent,
  SimulationEndEvent,
  SimulationEvent,
} from './simulation/events.js'
export type { ParticipationOptions } from './simulation/participation.js'
export { runSimulation, simulate, type SimulationOptions } from './simulation/simulate.js'
export * from './connectivity/exports.js'
