import { applyAggregator } from '../aggregators/apply.js'
import type { Aggregator, RowsState } from '../aggregators/aggregator.js'
import { rowAt, type Rows } from '../rows/rows.js'
import { nested, unnested, type Received, type RoundContext, type StepOptions } from './algorithm.js'

/** Members of each cluster, by label; labels are 0 … count − 1. */
export function membersOf(labels: ArrayLike<number>, count: number): Int32Array[] {
  return Array.from({ length: count }, (_, cluster) =>
    Int32Array.from(Array.from(labels).flatMap((label, i) => (label === cluster ? [i] : []))),
  )
}

/** What became of the clusters in a round. */
export interface ClusterChanges {
  /** The aggregate of each cluster; undefined where nothing came. */
  readonly changes: (Rows | undefined)[]
  /** What arrived at each cluster, forged rows in place of the attackers'. */
  readonly received: (Received | undefined)[]
  /** States of the clusters' aggregators. */
  readonly state: RowsState
}

/**
 * Participants train from the model of their cluster (row `labels[client]` of `models`), and the changes are aggregated
 * within each cluster.
 */
export function trainClusters(
  models: Rows,
  options: StepOptions & {
    readonly labels: ArrayLike<number>
    readonly aggregator: Aggregator
    readonly state: RowsState
    readonly context: RoundContext
  },
): ClusterChanges {
  const { labels, learningRate, momentum = 0, context, ...rest } = options
  const { clients, participants, steps, firstBatch, key } = context
  const start = models.select(participants.map((client) => labels[client]!))
  const trained = clients.train({
    models: start,
    clients: participants,
    steps,
    firstBatch,
    learningRate,
    momentum,
    key: key.foldIn('train'),
  })
  return aggregateClusters({
    ...rest,
    points: trained.models.add(start, -1),
    senders: participants,
    labels,
    count: models.count,
    context,
  })
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
}): ClusterChanges {
  const { points, senders, labels, count, aggregator, state, context } = options
  let next: RowsState = {}
  const received: (Received | undefined)[] = []
  const members = membersOf(
    senders.map((sender) => labels[sender]!),
    count,
  )
  const changes = members.map((rows, cluster) => {
    const old = unnested(`aggregator.${cluster}`, state)
    if (rows.length === 0) {
      next = { ...next, ...nested(`aggregator.${cluster}`, old) }
      received.push(undefined)
      return undefined
    }
    const arrived = context.deliver({
      points: points.select(rows),
      senders: rows.map((row) => senders[row]!),
      target: points.zeros(1),
      channel: `cluster ${cluster}`,
    })
    received.push(arrived)
    const result = applyAggregator(aggregator, arrived.points, {
      key: context.key.foldIn('aggregate').foldIn(cluster),
      round: context.round,
      weights: arrived.weights,
      senders: arrived.senders,
      state: old,
    })
    next = { ...next, ...nested(`aggregator.${cluster}`, result.state ?? {}) }
    return result.value
  })
  return { changes, received, state: next }
}

/** Rows with a change added to those that have one. */
export function moveRows(rows: Rows, changes: readonly (Rows | undefined)[]): Rows {
  const [first, ...others] = changes.map((change, i) => {
    const row = rowAt(rows, i)
    return change === undefined ? row : row.add(change)
  })
  return first!.concat(others)
}
