// IFCA: Ghosh, Chung, Yin, Ramchandran, "An Efficient Framework for Clustered Federated Learning", 2020
// (arXiv 2006.04088), Algorithm 1. Option I averages gradients, option II models.
//
//   θ_k `models`, K server models   every round each client picks the model of least loss on one of its batches
//
//   gradient:  θ_k ← θ_k − η · mean of g_i(θ_k) over the clients that picked k
//   model:     θ_k ← mean, over them, of the models after their local steps from θ_k
//
// Deviations: the mean is over the clients that picked the model; the code of Werner et al. divides by all N, which makes
// the step smaller, the smaller the cluster. A model that nobody picks stays as it is.

import { mean } from '../aggregators/mean.js'
import type { Aggregator } from '../aggregators/aggregator.js'
import { checkWhole } from '../refuse.js'
import type { Rows } from '../rows/rows.js'
import type { Clients } from '../clients/clients.js'
import type { RandomKey } from '@lemanic/tensor-core'
import { stateOf, type FederatedAlgorithm, type RoundContext, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'
import { aggregateClusters, moveRows, trainClusters } from './clusters.js'

export interface IfcaOptions extends StepOptions {
  /** K ≥ 1. */
  readonly clusters: number
  /** Default `model`. With `gradient` each round is one step, whatever the local steps. */
  readonly averages?: 'gradient' | 'model'
  /** Where the K models start. Default: independently at random, `clients.init`. */
  readonly init?: (clients: Clients, key: RandomKey) => Rows
  /** Within each cluster. Default `mean()`. */
  readonly aggregator?: Aggregator
}

export function ifca(options: IfcaOptions): FederatedAlgorithm {
  checkSteps('ifca', options)
  const { clusters, averages = 'model', init, aggregator = mean(), learningRate, momentum = 0 } = options
  checkWhole('ifca', 'clusters', clusters, 1)
  return {
    name: `ifca-${averages}`,
    init(clients, key) {
      const models = init?.(clients, key) ?? clients.init(key, clusters)
      checkWhole('ifca', 'rows of init', models.count, clusters, clusters)
      return stateOf({ models }, { labels: new Array<number>(clients.count).fill(0) })
    },
    round({ rows, json }, context) {
      const { clients, participants, firstBatch, key } = context
      const models = rows.models!
      context.broadcast(models, clusters * participants.length)
      const losses = Array.from({ length: clusters }, (_, cluster) =>
        clients.losses({
          models,
          clients: participants,
          rows: new Int32Array(participants.length).fill(cluster),
          batch: firstBatch,
          key: key.foldIn('losses').foldIn(cluster),
        }),
      )
      const labels = [...(json as { readonly labels: readonly number[] }).labels]
      participants.forEach((client, i) => {
        labels[client] = losses.reduce((best, row, k) => (row[i]! < losses[best]![i]! ? k : best), 0)
      })
      context.report('labels', labels)
      const common = { labels, aggregator, state: rows, context }
      const moved =
        averages === 'model'
          ? trainClusters(models, { ...common, learningRate, momentum })
          : aggregateClusters({
              ...common,
              points: gradientSteps(models, labels, context),
              senders: participants,
              count: clusters,
            })
      return stateOf({ models: moveRows(models, moved.changes), ...moved.state }, { labels })
    },
    models: ({ rows, json }) => rows.models!.select([...(json as { readonly labels: readonly number[] }).labels]),
  }

  /** −η times the gradient of every participant at the model that it picked. */
  function gradientSteps(
    models: Rows,
    labels: readonly number[],
    { clients, participants, firstBatch, key }: RoundContext,
  ): Rows {
    const { gradients } = clients.gradients({
      models,
      clients: participants,
      rows: participants.map((client) => labels[client]!),
      batch: firstBatch,
      key: key.foldIn('gradients'),
    })
    return gradients.scale(-learningRate)
  }
}
