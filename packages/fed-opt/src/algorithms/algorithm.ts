import type { Json, RandomKey } from '@lemanic/tensor-core'
import type { RowsState } from '../aggregators/aggregator.js'
import type { Clients } from '../clients/clients.js'
import type { Rows } from '../rows/rows.js'

/** What an algorithm keeps from round to round; both parts go into a checkpoint. */
export interface AlgorithmState {
  readonly rows: RowsState
  readonly json: Json
}

/** A delivery: vectors on their way to whoever aggregates them. */
export interface Delivery {
  readonly points: Rows
  /** Which client sends each row. */
  readonly senders: Int32Array
  /** Where the receiver's rule starts; attackers may know it. One row. */
  readonly target?: Rows
  /** The client that receives; undefined: the server. */
  readonly receiver?: number
  /** Name of the group that is served, where one server serves several; attacks keep a history for each. Default ''. */
  readonly channel?: string
  /** True where more rows of the same kind follow: then it is no error that none of these is finite. Default false. */
  readonly isPart?: boolean
}

/** What arrived: forged rows in place of the attackers', rows that are not finite left out. */
export interface Received {
  readonly points: Rows
  readonly senders: Int32Array
  /** Shares by examples; they sum to 1. */
  readonly weights: Float64Array
}

export interface RoundContext {
  /** Asking them is counted. */
  readonly clients: Clients
  /** Counts from 0. */
  readonly round: number
  /** Different in every round. */
  readonly key: RandomKey
  /** Clients that answer in this round, ascending; attackers among them. */
  readonly participants: Int32Array
  /** Local steps of each participant: fewer for a straggler. */
  readonly steps: Int32Array
  /** Index of this round's first batch in every client's stream. */
  readonly firstBatch: number
  /** True for a client that attacks. Algorithms need it to leave its model untrained, never to defend. */
  isByzantine(client: number): boolean
  /** Sends rows; counts them. What is not finite is dropped and reported. Throws when nothing arrives. */
  deliver(delivery: Delivery): Received
  /** Counts a model that is sent to so many clients. */
  broadcast(model: Rows, receivers: number): void
  /** Puts a fact into the event of the round. */
  report(name: string, value: Json): void
}

/**
 * A way to train one model for each client. Pure: `round` changes nothing that came in and draws from `context.key` only.
 * Synchronous rounds run inside a `scope`; results must not share tensors with the old state, save by keeping its very
 * `Rows`.
 */
export interface FederatedAlgorithm {
  readonly name: string
  /** Before the first round. */
  init(clients: Clients, key: RandomKey): AlgorithmState
  round(state: AlgorithmState, context: RoundContext): AlgorithmState | Promise<AlgorithmState>
  /** True when `round` returns a promise; it then gives back its own tensors. Default false. */
  readonly isAsync?: boolean
  /** The model of every client: as many rows as clients. */
  models(state: AlgorithmState, clients: Clients, key: RandomKey): Rows
}

/** Rates that most algorithms take. */
export interface StepOptions {
  /** η > 0. */
  readonly learningRate: number
  /** Heavy-ball momentum, 0 ≤ μ < 1. Default 0. */
  readonly momentum?: number
}

/** v ← μv + g, x ← x − ηv; without momentum no velocity is kept. */
export function descend(
  models: Rows,
  directions: Rows,
  velocity: Rows | undefined,
  { learningRate, momentum = 0 }: StepOptions,
): { models: Rows; velocity: Rows | undefined } {
  const next = momentum > 0 && velocity !== undefined ? directions.add(velocity, momentum) : directions
  return { models: models.add(next, -learningRate), velocity: momentum > 0 ? next : undefined }
}

/** A state without what is undefined. */
export function stateOf(rows: Readonly<Record<string, Rows | undefined>>, json: Json = null): AlgorithmState {
  return {
    rows: Object.fromEntries(Object.entries(rows).filter((entry): entry is [string, Rows] => entry[1] !== undefined)),
    json,
  }
}

/** The state of an aggregator inside an algorithm's, under a prefix. */
export function nested(prefix: string, state: RowsState): RowsState {
  return Object.fromEntries(Object.entries(state).map(([name, rows]) => [`${prefix}.${name}`, rows]))
}

/** Takes a nested state out again. */
export function unnested(prefix: string, state: RowsState): RowsState {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(`${prefix}.`))
      .map(([name, rows]) => [name.slice(prefix.length + 1), rows]),
  )
}
