import { mean } from '../aggregators/mean.js'
import type { Aggregator } from '../aggregators/aggregator.js'
import { argumentError } from '../refuse.js'
import { stateOf, type FederatedAlgorithm, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'
import { moveRows, trainClusters } from './clusters.js'

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
      context.broadcast(rows.models!, context.participants.length)
      const { changes, state } = trainClusters(rows.models!, {
        learningRate,
        momentum,
        labels,
        aggregator,
        state: rows,
        context,
      })
      return stateOf({ models: moveRows(rows.models!, changes), ...state })
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from(labels)),
  }
}
