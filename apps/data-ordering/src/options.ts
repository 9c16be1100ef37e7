import type { VectorProblemName } from './vector-problem.js'

/** One vector problem of a preset. */
export interface VectorSizes {
  /** n. */
  readonly size: number
  /** d; absent where the problem fixes it. */
  readonly dimension?: number
  readonly epochs: number
  /** γ, from large to small. Chosen before any run; see the README. */
  readonly stepSizes: readonly number[]
}

/** One network of a preset. Units are batches that are cut once, so n is images / batchSize. */
export interface NetworkSizes {
  readonly images: number
  readonly testImages: number
  readonly batchSize: number
  readonly epochs: number
  /** Hidden units of the perceptron, channels of the convolutional net. */
  readonly width: number
  readonly weightDecay: number
  /** γ, from large to small. */
  readonly stepSizes: readonly number[]
}

/** Everything that a run needs besides arm and seed. */
export type OrderingOptions = {
  /** Problem instances of each vector problem in a run: with S seeds there are S × instances problem seeds. */
  readonly instances: number
  readonly vector: Readonly<Record<VectorProblemName, VectorSizes>>
  readonly mlp: NetworkSizes
  readonly cnn: NetworkSizes
  /** Hessian–vector products for the sharpness, at most. */
  readonly sharpnessIterations: number
  /** Where the digits came from, so that runs on other pictures are never mixed in. */
  readonly digits: string
}

export type Sizes = Omit<OrderingOptions, 'digits'>

/** Seconds, for tests. */
export const smokeSizes: Sizes = {
  instances: 2,
  vector: {
    quadratic: { size: 20, dimension: 10, epochs: 60, stepSizes: [0.1, 0.03, 0.01, 0.003] },
    counter: { size: 100, epochs: 60, stepSizes: [0.1, 0.01, 0.003, 0.001, 0.0003] },
    sigmoid: { size: 60, dimension: 5, epochs: 20, stepSizes: [1, 0.3, 0.1, 0.03] },
    logistic: { size: 60, epochs: 10, stepSizes: [1, 0.3, 0.1, 0.03] },
  },
  mlp: { images: 64, testImages: 100, batchSize: 8, epochs: 4, width: 8, weightDecay: 1e-3, stepSizes: [0.1, 0.01] },
  cnn: { images: 64, testImages: 100, batchSize: 16, epochs: 2, width: 4, weightDecay: 1e-3, stepSizes: [0.05] },
  sharpnessIterations: 10,
}

/** Minutes on two cores. */
export const laptopSizes: Sizes = {
  instances: 3,
  vector: {
    quadratic: { size: 50, dimension: 100, epochs: 3000, stepSizes: [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003] },
    counter: { size: 1000, epochs: 1000, stepSizes: [0.1, 0.01, 1e-3, 1e-4, 3e-5, 1e-5] },
    sigmoid: { size: 500, dimension: 20, epochs: 200, stepSizes: [1, 0.3, 0.1, 0.03, 0.01] },
    logistic: { size: 500, epochs: 100, stepSizes: [1, 0.3, 0.1, 0.03, 0.01] },
  },
  mlp: {
    images: 1000,
    testImages: 2000,
    batchSize: 8,
    epochs: 40,
    width: 32,
    weightDecay: 1e-3,
    stepSizes: [0.1, 0.01],
  },
  cnn: {
    images: 2000,
    testImages: 2000,
    batchSize: 16,
    epochs: 8,
    width: 8,
    weightDecay: 1e-3,
    stepSizes: [0.05],
  },
  sharpnessIterations: 40,
}

/** An hour or two on two cores: all orders, more problem seeds, longer, larger networks, three step sizes. */
export const completeSizes: Sizes = {
  ...laptopSizes,
  instances: 4,
  vector: {
    quadratic: { ...laptopSizes.vector.quadratic, epochs: 6000 },
    counter: { ...laptopSizes.vector.counter, epochs: 2000 },
    sigmoid: { ...laptopSizes.vector.sigmoid, epochs: 400 },
    logistic: { ...laptopSizes.vector.logistic, size: 1000, epochs: 200 },
  },
  mlp: { ...laptopSizes.mlp, images: 4000, testImages: 10_000, epochs: 80, width: 64, stepSizes: [0.1, 0.03, 0.01] },
  cnn: { ...laptopSizes.cnn, images: 10_000, testImages: 10_000, epochs: 20, stepSizes: [0.05, 0.01] },
  sharpnessIterations: 100,
}
