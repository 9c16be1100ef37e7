import type { Params, RandomKey, Stacked } from '@lemanic/tensor-core'

/** What is measured on held-out data. */
export interface Score {
  /** Mean cross-entropy, nats. */
  readonly loss: number
  /** Per cent of right guesses; undefined for text. */
  readonly accuracy: number | undefined
}

/** A model with the data of one seed, shared out among workers. Owns tensors until `dispose`. */
export interface Problem {
  init(key: RandomKey): Params
  /** Every worker's gradient at a step, [workers, …], and their mean loss; the caller disposes the gradients. */
  gradients(params: Params, step: number): { readonly loss: number; readonly gradients: Stacked }
  evaluate(params: Params, part: 'validation' | 'test'): Score
  dispose(): void
}

export interface ProblemOptions {
  readonly workers: number
  readonly batch: number
  readonly width: number
  /** Shards and order of examples; the same for all arms of a seed. */
  readonly key: RandomKey
}
