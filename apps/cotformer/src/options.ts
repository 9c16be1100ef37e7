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
  /** Blocks of the other row of Table 1. */
  readonly otherLayers: number
  /** Blocks of the deepest standard model of Table 1. */
  readonly deepLayers: number
  /** Blocks before, within and after the repeats of the reserved and adaptive models, and how often they repeat. */
  readonly reserved: { readonly begin: number; readonly layers: number; readonly end: number; readonly repeats: number }
  /** The p-hop probe. */
  readonly hop: HopOptions
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

/** Sizes of the p-hop probe: one symbol that says p, then symbols; every place asks for its own answer. */
export interface HopOptions {
  /** Symbols of a sequence. */
  readonly length: number
  /** Size of the alphabet. */
  readonly symbols: number
  /** Numbers of hops that sequences ask for. */
  readonly hops: readonly number[]
  /** Repeats of the looped models, and layers of the untied one. */
  readonly depth: number
  readonly batchSize: number
  readonly steps: number
  /** Test sequences for each number of hops. */
  readonly testSequences: number
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
  otherLayers: 2,
  deepLayers: 2,
  reserved: { begin: 1, layers: 1, end: 1, repeats: 3 },
  hop: { length: 12, symbols: 4, hops: [1, 2], depth: 2, batchSize: 4, steps: 12, testSequences: 8 },
  batchSize: 4,
  steps: 12,
  peakLearningRate: 2e-3,
  evaluationPoints: 3,
  curveSequences: 8,
  finalSequences: 16,
  checkpointEvery: 4,
}

/** A run takes seconds to two minutes on two cores; `complete` has all arms at these sizes, so that both share runs. */
export const laptopSizes: Sizes = {
  vocabularySize: 512,
  width: 64,
  heads: 4,
  contextLength: 64,
  layers: 2,
  repeats: 3,
  untiedLayers: 6,
  otherLayers: 1,
  deepLayers: 4,
  reserved: { begin: 1, layers: 1, end: 1, repeats: 5 },
  hop: { length: 32, symbols: 4, hops: [1, 2, 3, 4], depth: 6, batchSize: 32, steps: 2000, testSequences: 256 },
  batchSize: 16,
  steps: 400,
  peakLearningRate: 2e-3,
  evaluationPoints: 8,
  curveSequences: 64,
  finalSequences: 512,
  checkpointEvery: 100,
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
  otherLayers: 24,
  deepLayers: 48,
  reserved: { begin: 2, layers: 21, end: 1, repeats: 5 },
  hop: { length: 256, symbols: 4, hops: [32], depth: 6, batchSize: 128, steps: 40_000, testSequences: 4096 },
  batchSize: 128,
  steps: 40_000,
  peakLearningRate: 1e-3,
  evaluationPoints: 40,
  curveSequences: 1024,
  finalSequences: 8192,
  checkpointEvery: 1000,
}
