import type { MnistMethod } from './arms.js'

/** The digits of one preset: K clusters of clients, each with pictures of its own for the whole run. */
export interface MnistSizes {
  readonly clusters: number
  readonly clientsPerCluster: number
  /** Pictures of a client; a round takes all of them. */
  readonly pictures: number
  readonly testPictures: number
  /** Pixels a side: 28 as they are, 14 by the means of 2 × 2. */
  readonly side: 28 | 14
  /** Hidden units. */
  readonly width: number
  /** Updates of every model, the same number for all methods. */
  readonly rounds: number
  /** Groups that Federated-Clustering splits the clients into in every round. */
  readonly groups: number
  /** q of the quantile radius. */
  readonly quantile: number
  /** Step sizes, tuned on seeds that the study does not use; see the README. */
  readonly rates: Readonly<Record<MnistMethod, number>>
}

/** Attackers among the clients of the digits, private labels. */
export interface MnistAttackSizes {
  readonly attackers: number
  readonly rounds: number
  readonly quantile: number
}

/** Clustered linear regression: x ~ N(0, I), y = ⟨x, θ*⟩ + N(0, 1), ‖θ*‖ = scale. */
export interface RegressionSizes {
  readonly clusters: number
  readonly clientsPerCluster: number
  readonly dimension: number
  readonly examples: number
  readonly scale: number
  readonly rounds: number
  readonly learningRate: number
  readonly quantile: number
  /** [K, n_i] besides, with q = the largest below 1/K that leaves one member out. */
  readonly others: readonly (readonly [number, number])[]
  readonly quantiles: readonly number[]
  readonly passes: readonly number[]
  /** Random starts of IFCA and FC on the same data. */
  readonly starts: number
  /** Attackers added to the honest clients, ascending from 0. */
  readonly attackers: readonly number[]
  readonly attackedRounds: number
  /** q where there are attackers. */
  readonly attackedQuantile: number
}

/** One model for all, attacked: every rule against every attack. */
export interface MatrixSizes {
  readonly clients: number
  readonly attackers: number
  readonly rounds: number
  readonly learningRate: number
  /** ‖θ*‖ of the four clusters: 0 is one cluster. */
  readonly heterogeneity: readonly number[]
}

/** Threshold clustering alone. */
export interface BlobSizes {
  readonly repetitions: number
  readonly passes: readonly number[]
  readonly clusterSizes: readonly number[]
  readonly spreads: readonly number[]
}

/** Everything that a run needs besides arm and seed. */
export type FederatedOptions = {
  readonly mnist: MnistSizes
  readonly mnistAttack: MnistAttackSizes
  readonly regression: RegressionSizes
  readonly matrix: MatrixSizes
  readonly blobs: BlobSizes
  /** Where the digits came from, so that runs on other pictures are never mixed in. */
  readonly digits: string
}

export type Sizes = Omit<FederatedOptions, 'digits'>

/**
 * The lowest mean validation loss of 0.1 (Ditto), 0.3, 0.6 (Ditto), 1 and 2 over both settings on seeds 100 and 101 in the
 * laptop size. With λ = 1 Ditto's personal step is unstable at larger ones.
 */
const rates: MnistSizes['rates'] = {
  local: 1,
  global: 1,
  'fine-tuned': 1,
  ditto: 0.3,
  ifca: 1,
  knn: 1,
  fc: 1,
  oracle: 1,
}

/** Minutes on two cores. */
const laptop: Sizes = {
  mnist: {
    clusters: 4,
    clientsPerCluster: 10,
    pictures: 100,
    testPictures: 1000,
    side: 14,
    width: 32,
    rounds: 40,
    groups: 1,
    quantile: 0.2,
    rates,
  },
  mnistAttack: { attackers: 10, rounds: 20, quantile: 0.16 },
  regression: {
    clusters: 4,
    clientsPerCluster: 10,
    dimension: 10,
    examples: 12,
    scale: 5,
    rounds: 80,
    learningRate: 0.2,
    quantile: 0.2,
    others: [
      [4, 4],
      [4, 16],
      [16, 4],
    ],
    quantiles: [0.05, 0.1, 0.2, 0.24, 0.35, 0.5],
    passes: [1, 3, 10, 30],
    starts: 4,
    attackers: [0, 8, 12],
    attackedRounds: 25,
    attackedQuantile: 0.16,
  },
  matrix: { clients: 20, attackers: 4, rounds: 30, learningRate: 0.2, heterogeneity: [0, 2, 5] },
  blobs: {
    repetitions: 20,
    passes: [1, 2, 3, 5, 10, 20, 40, 60],
    clusterSizes: [5, 10, 20, 40, 80],
    spreads: [0.5, 1, 2, 4],
  },
}

/** Seconds: to see that everything runs. */
const smoke: Sizes = {
  mnist: { ...laptop.mnist, clientsPerCluster: 2, pictures: 40, testPictures: 60, width: 8, rounds: 3, quantile: 0.2 },
  mnistAttack: { attackers: 2, rounds: 2, quantile: 0.16 },
  regression: {
    ...laptop.regression,
    clientsPerCluster: 4,
    rounds: 20,
    others: [
      [4, 4],
      [4, 5],
      [5, 4],
    ],
    starts: 2,
    attackers: [0, 2, 4],
    attackedRounds: 8,
  },
  matrix: { ...laptop.matrix, rounds: 5 },
  blobs: { ...laptop.blobs, repetitions: 1 },
}

/** The table of the paper: 300 clients of 200 pictures, an MLP 784-200-10, 16 groups. */
const complete: Sizes = {
  ...laptop,
  mnist: {
    ...laptop.mnist,
    clientsPerCluster: 75,
    pictures: 200,
    side: 28,
    width: 200,
    rounds: 40,
    groups: 16,
  },
}

/** The sizes of each preset. */
export const presetSizes = { smoke, laptop, complete } as const
