// Myopic-Clustering: Algorithm 1 of Werner, He, Jordan, Jaggi, Karimireddy, "Provably Personalized and Robust Federated
// Learning", 2023 (arXiv 2306.08393): gradients at the clients' own models are clustered. The paper's example of what
// fails: clients of different clusters whose models lie at stationary points send the same gradient, 0, and are merged
// for ever. Kept as the control arm of Federated-Clustering.
//
// Deviations: the paper allows any clustering; here agglomerative, the two clusters with the nearest means first, until
// K are left (`clusters`).

import { ownPairs } from '../clients/clients.js'
import { scatter } from '../clients/train-by-gradients.js'
import { checkWhole } from '../refuse.js'
import type { Rows } from '../rows/rows.js'
import { stateOf, type FederatedAlgorithm } from './algorithm.js'
import { checkSteps } from './check-steps.js'

export function myopicClustering(options: {
  readonly learningRate: number
  readonly clusters: number
}): FederatedAlgorithm {
  const { learningRate, clusters } = options
  checkSteps('myopicClustering', { learningRate })
  checkWhole('myopicClustering', 'clusters', clusters, 1)
  return {
    name: 'myopic-clustering',
    init: (clients, key) => stateOf({ models: clients.init(key, 1).select(new Int32Array(clients.count)) }),
    round({ rows }, context) {
      const { clients, participants, firstBatch, key } = context
      const models = rows.models!
      const { gradients } = clients.gradients({
        models: models.select(participants),
        ...ownPairs(participants),
        batch: firstBatch,
        key: key.foldIn('gradients'),
      })
      const { points, senders } = context.deliver({ points: gradients, senders: participants })
      const groups = mergeNearest(points, Math.min(clusters, points.count))
      context.report(
        'inside',
        groups.map((group) => group.map((row) => senders[row]!)),
      )
      const matrix = Array.from(senders, (_, row) => {
        const group = groups.find((members) => members.includes(row))!
        const weights = new Float64Array(points.count)
        for (const member of group) weights[member] = 1 / group.length
        return weights
      })
      context.broadcast(points, senders.length)
      return stateOf({
        models: scatter(models, senders, models.select(senders).add(points.mix(matrix), -learningRate)),
      })
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from({ length: rows.models!.count }, (_, i) => i)),
  }
}

/** Agglomerative clustering by the distance of means, down to `count` groups of row indices. */
export function mergeNearest(points: Rows, count: number): number[][] {
  const groups = Array.from({ length: points.count }, (_, i) => [i])
  while (groups.length > count) {
    const means = points.mix(
      groups.map((group) => {
        const weights = new Float64Array(points.count)
        for (const member of group) weights[member] = 1 / group.length
        return weights
      }),
    )
    const distances = means.pairwiseSquaredDistances()
    let [first, second] = [0, 1]
    for (let i = 0; i < groups.length; i++)
      for (let j = i + 1; j < groups.length; j++)
        if (distances[i]![j]! < distances[first]![second]!) [first, second] = [i, j]
    groups[first]!.push(...groups[second]!)
    groups.splice(second, 1)
  }
  return groups
}
