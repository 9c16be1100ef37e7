/** A network on pictures and how its pairs are trained. */
export interface VisionSizes {
  /** Pictures that each of the two models is trained on. */
  readonly images: number
  readonly testImages: number
  /** Hidden layers of the perceptron; the convolutional net has five convolutions. */
  readonly depth: number
  /** Hidden units, or channels. */
  readonly width: number
  readonly batchSize: number
  readonly epochs: number
  /** By name of the rate in an arm. */
  readonly learningRates: Readonly<Record<'low' | 'middle' | 'high', number>>
  readonly warmupSteps: number
  /** Layers in a window of the window scan. */
  readonly window: number
  /** Directions of the random controls. */
  readonly draws: number
  /** Moments at which single layers are scanned, as parts of the training; the last is 1. */
  readonly moments: readonly number[]
}

export interface LanguageSizes {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly contextLength: number
  readonly batchSize: number
  readonly steps: number
  readonly peakLearningRate: number
  /** Sequences of validation text. */
  readonly sequences: number
  readonly draws: number
  readonly moments: readonly number[]
}

export interface FederatedSizes {
  readonly clients: number
  /** Pictures of all clients together; a share of each client's is held out for its test. */
  readonly images: number
  readonly testShare: number
  readonly depth: number
  readonly width: number
  readonly rounds: number
  readonly localSteps: number
  readonly batchSize: number
  readonly learningRate: number
  /** Dirichlet concentration of the moderate split. */
  readonly concentration: number
  /** Shards of sorted labels a client holds in the pathological split. */
  readonly shardsPerClient: number
}

export interface Sizes {
  readonly mlp: VisionSizes
  readonly cnn: VisionSizes
  readonly language: LanguageSizes
  readonly federated: FederatedSizes
  /** Epochs apart that weights of perceptrons are recorded for the training subspace. */
  readonly snapshotEvery: number
}

/** Everything that a run needs besides arm and seed. */
export type ConnectivityOptions = Sizes & {
  /** Where pictures and text came from, so that runs on other data are never mixed in. */
  readonly data: string
}

const mlp: VisionSizes = {
  images: 4000,
  testImages: 2000,
  depth: 8,
  width: 64,
  batchSize: 64,
  epochs: 100,
  learningRates: { low: 0.005, middle: 0.03, high: 0.1 },
  warmupSteps: 100,
  window: 3,
  draws: 5,
  moments: [0.02, 0.05, 0.1, 0.2, 0.5, 1],
}

const cnn: VisionSizes = {
  images: 2000,
  testImages: 1000,
  depth: 5,
  width: 12,
  batchSize: 64,
  epochs: 15,
  learningRates: { low: 0.05, middle: 0.1, high: 0.2 },
  warmupSteps: 100,
  window: 2,
  draws: 2,
  moments: [0.1, 0.25, 0.5, 1],
}

const language: LanguageSizes = {
  layers: 4,
  width: 64,
  heads: 4,
  contextLength: 64,
  batchSize: 16,
  steps: 400,
  peakLearningRate: 0.003,
  sequences: 48,
  draws: 2,
  moments: [0.1, 0.25, 0.5, 1],
}

const federated: FederatedSizes = {
  clients: 8,
  images: 4000,
  testShare: 0.4,
  depth: 6,
  width: 64,
  rounds: 15,
  localSteps: 50,
  batchSize: 32,
  learningRate: 0.01,
  concentration: 1,
  shardsPerClient: 2,
}

/** Minutes on two cores. */
export const laptopSizes: Sizes = {
  mlp,
  cnn,
  language,
  federated,
  snapshotEvery: 5,
}

/** Seconds, for tests. */
export const smokeSizes: Sizes = {
  mlp: {
    ...mlp,
    images: 128,
    testImages: 100,
    depth: 3,
    width: 8,
    batchSize: 16,
    epochs: 4,
    window: 2,
    draws: 2,
    moments: [0.5, 1],
  },
  cnn: { ...cnn, images: 64, testImages: 50, width: 4, batchSize: 16, epochs: 2, draws: 1, moments: [1] },
  language: {
    ...language,
    layers: 1,
    width: 16,
    heads: 2,
    contextLength: 16,
    batchSize: 4,
    steps: 6,
    sequences: 4,
    draws: 1,
    moments: [0.5, 1],
  },
  federated: { ...federated, clients: 4, images: 240, depth: 2, width: 8, rounds: 2, localSteps: 4, batchSize: 8 },
  snapshotEvery: 1,
}

const moments = [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1]

/** Hours on two cores: more pairs, more data, wider and longer. */
export const completeSizes: Sizes = {
  mlp: { ...mlp, images: 15_000, testImages: 10_000, epochs: 150, draws: 10, moments },
  cnn: { ...cnn, images: 10_000, testImages: 5000, width: 32, epochs: 40, draws: 5, moments },
  language: { ...language, layers: 6, width: 128, contextLength: 128, steps: 3000, sequences: 256, draws: 5, moments },
  federated: { ...federated, clients: 20, images: 20_000, rounds: 40, localSteps: 100 },
  snapshotEvery: 5,
}

/** The sizes of each preset. */
export const presetSizes = { smoke: smokeSizes, laptop: laptopSizes, complete: completeSizes } as const
