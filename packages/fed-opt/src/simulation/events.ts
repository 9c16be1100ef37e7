import type { Json } from '@lemanic/tensor-core'
import type { Rows } from '../rows/rows.js'
import type { Counters } from './counters.js'

/** A contribution that was left out, and why. */
export interface Exclusion {
  readonly client: number
  /** The client that would have received it; undefined: the server. */
  readonly receiver?: number
  readonly reason: 'not-finite'
}

export interface RoundEndEvent {
  readonly type: 'round-end'
  /** Counts from 0. */
  readonly round: number
  readonly participants: readonly number[]
  readonly dropped: readonly number[]
  readonly stragglers: readonly number[]
  readonly excluded: readonly Exclusion[]
  /** Clients that are left out of all later rounds. */
  readonly quarantined: readonly number[]
  /** What the algorithm reported: who was inside which ball, radii, labels, diagnostics. */
  readonly report: Readonly<Record<string, Json>>
  /** Since round 0. */
  readonly counters: Counters
}

export interface EvaluationEndEvent {
  readonly type: 'evaluation-end'
  /** Rounds done. */
  readonly rounds: number
  readonly metrics: Readonly<Record<string, Json>>
}

export interface SimulationEndEvent {
  readonly type: 'simulation-end'
  readonly rounds: number
  /** The model of every client; the caller disposes them. */
  readonly models: Rows
  readonly counters: Counters
}

export type SimulationEvent = RoundEndEvent | EvaluationEndEvent | SimulationEndEvent
