/** Sizes of one preset; plain JSON, part of the identity of every run. */
export interface Sizes {
  /** At most so many rows of each real data set. */
  readonly rows: number
  /** Epochs on real data; the best by validation is kept. */
  readonly epochs: number
  readonly synthetic: {
    readonly training: number
    readonly test: number
    readonly epochs: number
  }
  readonly mnar: {
    /** Shares of the positives that lose a modality in training, ascending; 0.5 and 0.9 are what claims look at. */
    readonly shares: readonly number[]
    /** Epochs on the real data set; none is chosen by validation. */
    readonly realEpochs: number
  }
  readonly digits: { readonly training: number; readonly test: number; readonly epochs: number }
  /** Samples that a reader can pick from each data set. */
  readonly shown: number
}

/** Options of a preset: sizes, and what the data were. */
export interface MultiModNOptions extends Sizes {
  readonly data: string
}

/** State, hidden layers, drop-out and batch of the paper's MIMIC experiment; the rate is twice its 1e-3, for fewer steps. */
export const modelSizes = { state: 50, hidden: 32, dropout: 0.2, batch: 16, learningRate: 2e-3 } as const

export const smokeSizes: Sizes = {
  rows: 600,
  epochs: 2,
  synthetic: { training: 96, test: 120, epochs: 2 },
  mnar: { shares: [0, 0.5, 0.9], realEpochs: 2 },
  digits: { training: 96, test: 96, epochs: 1 },
  shown: 3,
}

export const laptopSizes: Sizes = {
  rows: 1500,
  epochs: 30,
  synthetic: { training: 800, test: 2000, epochs: 16 },
  mnar: { shares: [0, 0.5, 0.9], realEpochs: 20 },
  digits: { training: 1500, test: 2000, epochs: 15 },
  shown: 12,
}

/** All rows: fewer epochs than the laptop preset has, and more steps. */
export const completeSizes: Sizes = {
  rows: 20_000,
  epochs: 8,
  synthetic: { training: 800, test: 4000, epochs: 16 },
  mnar: { shares: [0, 0.2, 0.5, 0.8, 0.9], realEpochs: 4 },
  digits: { training: 3000, test: 10_000, epochs: 8 },
  shown: 24,
}

/** The sizes of each preset. */
export const presetSizes = { smoke: smokeSizes, laptop: laptopSizes, complete: completeSizes } as const
