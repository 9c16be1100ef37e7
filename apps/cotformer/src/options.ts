/** Everything that a run needs to know besides its arm and seed; part of the identity of a run. */
export interface CotformerOptions {
  /** First characters of the hash of the text, so that runs on other text are never mixed in. */
  readonly corpus: string
  /** Ids of the byte-level BPE. */
  readonly vocabularySize: number
  readonly width: number
  readonly heads: number
  /** Tokens of a sequence. */
  readonly contextLength: number
  /** Blocks of the standard model and of every repeated one. */
  readonly layers: number
  /** How often the repeated blocks are applied, unless the arm says otherwise. */
  readonly repeats: number
  /** Blocks of the untied model. */
  readonly untiedLayers: number
  /** Sequences of a step. */
  readonly batchSize: number
  readonly steps: number
  readonly peakLearningRate: number
  /** Points of the validation curve after step 0, evenly spaced. */
  readonly evaluationPoints: number
  /** Validation sequences for each point of the curve. */
  readonly curveSequences: number
  /** Validation sequences for the final loss: the same for every arm and seed. */
  readonly finalSequences: number
  /** Steps from one checkpoint to the next. */
  readonly checkpointEvery: number
}

type Sizes = Omit<CotformerOptions, 'corpus'>

/** Seconds, for tests: far too small to judge by. */
export const smokeSizes: Sizes = {
  vocabularySize: 320,
  width: 16,
  heads: 2,
  contextLength: 16,
  layers: 1,
  repeats: 2,
  untiedLayers: 2,
  batchSize: 4,
  steps: 12,
  peakLearningRate: 2e-3,
  evaluationPoints: 3,
  curveSequences: 8,
  finalSequences: 16,
  checkpointEvery: 4,
}

/** Minutes on two cores. */
export const laptopSizes: Sizes = {
  vocabularySize: 512,
  width: 64,
  heads: 4,
  contextLength: 64,
  layers: 2,
  repeats: 3,
  untiedLayers: 6,
  batchSize: 16,
  steps: 400,
  peakLearningRate: 2e-3,
  evaluationPoints: 8,
  curveSequences: 64,
  finalSequences: 512,
  checkpointEvery: 100,
}

/** Hours on two cores: wider, longer sequences, more steps. */
export const completeSizes: Sizes = {
  ...laptopSizes,
  vocabularySize: 2048,
  width: 128,
  contextLength: 128,
  batchSize: 32,
  steps: 2000,
  peakLearningRate: 1e-3,
  evaluationPoints: 20,
  curveSequences: 128,
  finalSequences: 1024,
}

/** As published: Table 1, twelve layers. */
export const paperSizes: Sizes = {
  vocabularySize: 50304,
  width: 768,
  heads: 12,
  contextLength: 256,
  layers: 12,
  repeats: 3,
  untiedLayers: 24,
  batchSize: 128,
  steps: 40_000,
  peakLearningRate: 1e-3,
  evaluationPoints: 40,
  curveSequences: 1024,
  finalSequences: 8192,
  checkpointEvery: 1000,
}
