import type { RandomKey } from '@lemanic/tensor-core'
import type { RowsState } from '../aggregators/aggregator.js'
import type { Rows } from '../rows/rows.js'

export interface AttackContext {
  /** Different in every round and, where each client aggregates for itself, for every victim. */
  readonly key: RandomKey
  /** Counts from 0. */
  readonly round: number
  /** What the attackers would have sent had they been honest: one row each. */
  readonly own: Rows
  /**
   * Which client each honest row is of: under sampling, a client's row is another one in every round. Undefined where rows
   * are all that is known.
   */
  readonly clients?: Int32Array
  /**
   * Where the victim's rule starts: its own gradient, or the aggregate of the last round. One row. Undefined where the
   * attacked rule has no such point; attacks that need one then take the honest mean.
   */
  readonly target?: Rows
  /** What the attack returned as state the last time; empty at first. */
  readonly state: RowsState
}

export interface AttackResult {
  /** One row for each attacker. */
  readonly rows: Rows
  readonly state?: RowsState
}

/**
 * What Byzantine clients do: send something else (`forge`), hold something else (`poison`), or both. Omniscient: `forge`
 * sees all honest rows. Pure: the same rows, context and state give the same result.
 */
export interface Attack {
  readonly name: string
  /** One row for each row of `context.own`, of the same space. `honest` has at least one row. */
  forge?(honest: Rows, context: AttackContext): AttackResult
  /** Labels that a Byzantine client trains with, from its true ones; classes are 0 … classes − 1. */
  poison?(labels: Int32Array, classes: number): Int32Array
}

/** The same row for every attacker. */
export function repeatRow(row: Rows, count: number): Rows {
  return row.select(new Int32Array(count))
}
