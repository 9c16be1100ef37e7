import { applyAggregator } from '../aggregators/apply.js'
import type { Aggregator, RowsState } from '../aggregators/aggregator.js'
import { rowAt, type Rows } from '../rows/rows.js'
import { nested, unnested, type Received, type RoundContext } from './algorithm.js'

/** Members of each cluster, by label; labels are 0 … count − 1. */
export function membersOf(labels: ArrayLike<number>, count: number): Int32Array[] {
  return Array.from({ length: count }, (_, cluster) =>
    Int32Array.from(Array.from(labels).flatMap((label, i) => (label === cluster ? [i] : []))),
  )
}

/**
 * One aggregate for each cluster of senders; undefined where nothing came. Labels are those of the clients. Each
 * cluster's aggregator has a state of its own.
 */
export function aggregateClusters(options: {
  readonly points: Rows
  readonly senders: Int32Array
  readonly labels: ArrayLike<number>
  readonly count: number
  readonly aggregator: Aggregator
  readonly state: RowsState
  readonly context: RoundContext
}): { changes: (Rows | undefined)[]; state: RowsState } {
  const { points, senders, labels, count, aggregator, state, context } = options
  let next: RowsState = {}
  const changes = membersOf(
    senders.map((sender) => labels[sender]!),
    count,
  ).map((rows, cluster) => {
    const old = unnested(`aggregator.${cluster}`, state)
    if (rows.length === 0) {
      next = { ...next, ...nested(`aggregator.${cluster}`, old) }
      return undefined
    }
    const received: Received = context.deliver({
      points: points.select(rows),
      senders: senders.filter((_, i) => rows.includes(i)),
      target: points.zeros(1),
      channel: `cluster ${cluster}`,
    })
    const result = applyAggregator(aggregator, received.points, {
      key: context.key.foldIn('aggregate').foldIn(cluster),
      round: context.round,
      weights: received.weights,
      senders: received.senders,
      state: old,
    })
    next = { ...next, ...nested(`aggregator.${cluster}`, result.state ?? {}) }
    return result.value
  })
  return { changes, state: next }
}

/** Rows with a change added to those that have one. */
export function moveRows(rows: Rows, changes: readonly (Rows | undefined)[]): Rows {
  const [first, ...others] = changes.map((change, i) => {
    const row = rowAt(rows, i)
    return change === undefined ? row : row.add(change)
  })
  return first!.concat(others)
}
