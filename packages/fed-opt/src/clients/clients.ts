import type { RandomKey } from '@lemanic/tensor-core'
import type { Rows } from '../rows/rows.js'

/** Pairs of a client and a model: entry i asks client `clients[i]` about row `rows[i]` of `models`. */
export interface EvaluationRequest {
  readonly models: Rows
  readonly clients: ArrayLike<number>
  readonly rows: ArrayLike<number>
  /** Which batch of each client's stream, from 0; the same index gives the same examples. */
  readonly batch: number
  /** For what is random in the model (dropout). */
  readonly key: RandomKey
}

export interface Evaluation {
  /** One row for each pair. */
  readonly gradients: Rows
  readonly losses: Float64Array
}

export interface TrainRequest {
  /** Where each of `clients` starts: as many rows, or one for all. */
  readonly models: Rows
  readonly clients: ArrayLike<number>
  /** Local steps of each client; 0 leaves its model as it is. */
  readonly steps: ArrayLike<number>
  /** Index of the first batch; step s uses batch `firstBatch + s`. */
  readonly firstBatch: number
  readonly learningRate: number
  /** Heavy-ball momentum within this call, 0 ≤ μ < 1; it starts at 0. Default 0. */
  readonly momentum?: number
  /** Adds strength · (model − anchor) to every gradient; the anchor has one row, or one for each client. */
  readonly proximal?: { readonly strength: number; readonly anchor: Rows }
  /** Added to every gradient: one row for each client. */
  readonly correction?: Rows
  readonly key: RandomKey
}

export interface Training {
  /** One row for each client, in the order of the request. */
  readonly models: Rows
  /** Mean loss over the local steps; NaN for a client without steps. */
  readonly losses: Float64Array
}

export interface WeightedGradientRequest {
  /** One row: the model of all. */
  readonly model: Rows
  readonly clients: ArrayLike<number>
  /** One for each client. */
  readonly weights: ArrayLike<number>
  readonly batch: number
  readonly key: RandomKey
}

/**
 * The clients of a federation, as algorithms see them: they are asked for gradients, losses and local training, at their
 * own models or at others'. Their data never change during a run. `vectorClients` and `paramsClients` make them.
 */
export interface Clients {
  readonly count: number
  /** Examples of each client. */
  readonly sizes: Float64Array
  /**
   * How many clients with models of so many numbers are best trained at a time: results of so many stay in the
   * processor's caches, where those of all would not. Default: all.
   */
  pieceSize?(dimension: number): number
  /** Fresh models, row i from `key.foldIn(i)`. */
  init(key: RandomKey, count: number): Rows
  gradients(request: EvaluationRequest): Evaluation
  losses(request: EvaluationRequest): Float64Array
  train(request: TrainRequest): Training
  /**
   * Σ weight · gradient at one model, one row, where that is faster than one gradient after the other: no model and no
   * gradient is kept for a client.
   */
  weightedGradient?(request: WeightedGradientRequest): Rows
}

/** Names of the pairs that ask every one of `clients` about its own row. */
export function ownPairs(clients: ArrayLike<number>): { clients: Int32Array; rows: Int32Array } {
  return { clients: Int32Array.from(clients), rows: Int32Array.from(clients, (_, i) => i) }
}
