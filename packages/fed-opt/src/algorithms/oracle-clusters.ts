import { mean } from '../aggregators/mean.js'
import type { Aggregator } from '../aggregators/aggregator.js'
import { argumentError } from '../refuse.js'
import { stateOf, type FederatedAlgorithm, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'
import { aggregateClusters, moveRows } from './clusters.js'

export interface OracleClustersOptions extends StepOptions {
  /** The true cluster of each client, 0 … K − 1. */
  readonly labels: ArrayLike<number>
  /** Within each cluster. Default `mean()`. */
  readonly aggregator?: Aggregator
}

/**
 * FedAvg inside each true cluster: the "GT" arm, which no algorithm without the labels can expect to beat. All clusters
 * start at the same model; with one cluster it is `federatedAverage`.
 */
export function oracleClusters(options: OracleClustersOptions): FederatedAlgorithm {
  checkSteps('oracleClusters', options)
  const { labels, aggregator = mean(), learningRate, momentum = 0 } = options
  const count = Math.max(...Array.from(labels)) + 1
  return {
    name: 'oracle-clusters',
    init(clients, key) {
      if (labels.length !== clients.count)
        throw argumentError('oracleClusters', `labels: expected ${clients.count}, one a client, got ${labels.length}`)
      return stateOf({ models: clients.init(key, 1).select(new Int32Array(count)) })
    },
    round({ rows }, context) {
      const { clients, participants, steps, firstBatch, key } = context
      const start = rows.models!.select(participants.map((client) => labels[client]!))
      context.broadcast(start, participants.length)
      const { models } = clients.train({
        models: start,
        clients: participants,
        steps,
        firstBatch,
        learningRate,
        momentum,
        key: key.foldIn('train'),
      })
      const { changes, state } = aggregateClusters({
        points: models.add(start, -1),
        senders: participants,
        labels,
        count,
        aggregator,
        state: rows,
        context,
      })
      return stateOf({ models: moveRows(rows.models!, changes), ...state })
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from(labels)),
  }
}
