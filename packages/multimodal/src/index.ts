export { batchOf, type SampleWeights } from './data/batch.js'
export { type Fold, groupedFolds, splitRows } from './data/folds.js'
export {
  checkData,
  type ModalityData,
  type MultimodalData,
  patternOf,
  selectRows,
  type TargetData,
  withMissing,
} from './data/multimodal-data.js'
export { freezeModel } from './fusion/freeze.js'
export { fusionLoss, type FusionLossOptions } from './fusion/fusion-loss.js'
export type { FusionBatch, FusionModel, FusionOutput, FusionRow } from './fusion/fusion-model.js'
export { createGatedFusion, type GatedFusionOptions } from './fusion/gated-fusion.js'
export { createLateFusion, type LateFusionOptions } from './fusion/late-fusion.js'
export { createMultiModN, type MultiModNOptions, type SequentialModel } from './fusion/multimodn.js'
export { createParallelFusion, type MissingFill, type ParallelFusionOptions } from './fusion/parallel-fusion.js'
export type { ModalityDropout } from './fusion/presence.js'
export {
  auroc,
  averagePrecision,
  brierScore,
  logLoss,
  thresholdScores,
  type ThresholdScores,
} from './metrics/binary-metrics.js'
export { type Calibration, calibration, type CalibrationBin } from './metrics/calibration.js'
export { concordance } from './metrics/concordance.js'
export { type Scores, scoreTask } from './metrics/score-task.js'
export { missingAtRandom, missingByOwnValue, type MissingByValueOptions } from './missing/missing-at-random.js'
export { missingByClass } from './missing/missing-by-class.js'
export { missingCompletelyAtRandom } from './missing/missing-completely-at-random.js'
export { combinePatterns, missingShares, rowsWith, type MissingPattern } from './missing/missing-pattern.js'
export { customDecoder, type Decoder, type DecoderFactory, perceptronDecoder } from './modules/decoder.js'
export { embeddingEncoder, type EmbeddingEncoderOptions } from './modules/embedding-encoder.js'
export type { Encoder, EncoderFactory, EncoderSizes } from './modules/encoder.js'
export { imageEncoder, type ImageEncoderOptions } from './modules/image-encoder.js'
export type { ParameterShape, ParameterShapes } from './modules/parameter-shape.js'
export { perceptronEncoder, type PerceptronEncoderOptions } from './modules/perceptron-encoder.js'
export { recurrentEncoder, type RecurrentEncoderOptions } from './modules/recurrent-encoder.js'
export { seriesEncoder, type SeriesEncoderOptions } from './modules/series-encoder.js'
export { transformerEncoder, type TransformerEncoderOptions } from './modules/transformer-encoder.js'
export { referenceMode } from './reference-mode.js'
export { type CsvOptions, parseCsv, readCsv } from './tables/csv.js'
export {
  fitTable,
  type FittedTable,
  tableData,
  tableDecoders,
  tableEncoders,
  tableLabels,
  tableTasks,
} from './tables/fit-table.js'
export { haimColumns, type HaimOptions, type HaimSource, haimSources, haimTable } from './tables/haim.js'
export { imageModalities, type Images } from './tables/images.js'
export { parseParquet } from './tables/parquet.js'
export type { ColumnType, TableSchema, TargetSchema } from './tables/schema.js'
export { seriesModality, type SeriesOptions, type SeriesScale } from './tables/series.js'
export { type Cell, type Table, type TableColumn, tableOf, tableRows, textAt } from './tables/table.js'
export type { FittedTargets } from './tables/targets.js'
export { binaryTask, type BinaryTaskOptions } from './tasks/binary-task.js'
export { multiClassTask, multiLabelTask } from './tasks/class-tasks.js'
export { regressionTask } from './tasks/regression-task.js'
export { survivalTask } from './tasks/survival-task.js'
export type { Estimate, Task, TaskKind } from './tasks/task.js'
export { type FitEpoch, fitFusion, type FitFusionOptions, type FittedFusion } from './training/fit-fusion.js'
export { fusionSampler, type FusionSamplerOptions } from './training/fusion-sampler.js'
export { propensityWeights } from './training/propensity-weights.js'
export { type Contributions, contributions, type TrajectoryPoint, trajectoryOf } from './understanding/contributions.js'
export {
  calibrationByPattern,
  type PatternCalibration,
  robustnessReport,
  type RobustnessRow,
} from './understanding/missing-patterns.js'
export { estimatesOf, predictGrid, type PredictionGrid, type PredictOptions } from './understanding/prediction-grid.js'
export { type PredictionStream, type StreamedPrediction, streamPredictions } from './understanding/prediction-stream.js'
export { type ScoredRow, scoreGrid } from './understanding/score-grid.js'
export { shapleyOverOrders, type ShapleyOptions, type ShapleyValues } from './understanding/shapley.js'
