import type { Json, RandomKey } from '@lemanic/tensor-core'
import type { Rows } from '../rows/rows.js'

/** What an aggregator keeps from round to round: rows by name. */
export type RowsState = Readonly<Record<string, Rows>>

export interface AggregationContext {
  /** Different in every round. */
  readonly key: RandomKey
  /** Counts from 0. */
  readonly round: number
  /** Share of each row, e.g. of its examples; they sum to 1. Robust rules say whether they use it. */
  readonly weights: Float64Array
  /** What `aggregate` returned as state the last time; empty at first. */
  readonly state: RowsState
  /**
   * Which client sent each row, indices from 0. Rules with a memory for each client (`workerMomentum`) use it; so that a
   * client may be absent.
   */
  readonly senders: Int32Array
}

export interface Aggregation {
  /** One row. */
  readonly value: Rows
  readonly state?: RowsState
  /** What a report may want to know: radii, the row that was chosen, … */
  readonly telemetry?: Readonly<Record<string, Json>>
}

/**
 * Many clients' vectors become one. Pure: the same points, context and state give the same result, nothing that came in
 * is changed. The same rule serves bare vectors and parameters, because it is written in the operations of `Rows`.
 */
export interface Aggregator {
  readonly name: string
  /** Robust up to this many Byzantine rows; undefined: none, or it depends on more than their number. */
  readonly byzantine?: number
  /** True for the weighted mean, which may be taken piece by piece, so that not all rows have to be there at once. */
  readonly isMean?: boolean
  /** Throws when the rule cannot be applied to so many rows. */
  check?(count: number): void
  aggregate(points: Rows, context: AggregationContext): Aggregation
}

export interface PreAggregation {
  readonly points: Rows
  readonly weights: Float64Array
  readonly senders: Int32Array
  readonly state?: RowsState
}

/** Changes the points before an aggregator sees them: bucketing, mixing, clipping, momentum. Pure. */
export interface PreAggregator {
  readonly name: string
  transform(points: Rows, context: AggregationContext): PreAggregation
}
