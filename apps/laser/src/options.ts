import type { ProblemName } from './arms.js'

/** Sizes of one problem. */
export interface ProblemSizes {
  readonly steps: number
  /** Examples (texts for the GPT) of a worker in a step. */
  readonly batch: number
  /** Hidden units of the MLP, channels of the CNN, width of the GPT; of the linear model unused. */
  readonly width: number
  /** Numbers sent over entries, for random-k and sketching. */
  readonly fraction: number
  /** Validation curves have a point after every so many steps. */
  readonly evaluateEvery: number
}

/** Everything that a run needs besides arm and seed. */
export type LaserOptions = {
  readonly workers: number
  readonly trainImages: number
  readonly validationImages: number
  readonly testImages: number
  readonly problems: Readonly<Record<ProblemName, ProblemSizes>>
  /** Characters in a training text of the GPT. */
  readonly context: number
  /** Learning rates tried for a cell, at most. */
  readonly trials: number
  /** Seed that learning rates are tuned with; no run has it. */
  readonly tuningSeed: number
  /** True: all learning rates are tuned, also those that `tuned-rates.ts` holds. */
  readonly retune?: boolean
  /** Which pictures and texts these are, so that runs on others are never mixed in. */
  readonly data: string
}

export type Sizes = Omit<LaserOptions, 'data'>

/** Seconds, for tests. */
export const smokeSizes: Sizes = {
  workers: 4,
  trainImages: 400,
  validationImages: 100,
  testImages: 200,
  problems: {
    linear: { steps: 20, batch: 4, width: 0, fraction: 0.1, evaluateEvery: 10 },
    mlp: { steps: 20, batch: 4, width: 16, fraction: 0.2, evaluateEvery: 10 },
    cnn: { steps: 4, batch: 2, width: 4, fraction: 0.2, evaluateEvery: 2 },
    gpt: { steps: 4, batch: 1, width: 16, fraction: 0.2, evaluateEvery: 2 },
  },
  context: 16,
  trials: 2,
  tuningSeed: 1000,
}

/** Minutes on two cores. */
export const laptopSizes: Sizes = {
  workers: 16,
  trainImages: 16_000,
  validationImages: 2000,
  testImages: 5000,
  problems: {
    linear: { steps: 600, batch: 8, width: 0, fraction: 0.1, evaluateEvery: 50 },
    mlp: { steps: 600, batch: 4, width: 128, fraction: 0.2, evaluateEvery: 50 },
    cnn: { steps: 600, batch: 4, width: 8, fraction: 0.2, evaluateEvery: 50 },
    gpt: { steps: 300, batch: 1, width: 64, fraction: 0.2, evaluateEvery: 50 },
  },
  context: 64,
  trials: 6,
  tuningSeed: 1000,
}

/** More methods and seeds, every learning rate tuned anew, and the GPT for longer; the other sizes are the laptop's. */
export const completeSizes: Sizes = {
  ...laptopSizes,
  retune: true,
  problems: {
    ...laptopSizes.problems,
    gpt: { ...laptopSizes.problems.gpt, steps: 600 },
  },
}

export const presetSizes = { smoke: smokeSizes, laptop: laptopSizes, complete: completeSizes }
