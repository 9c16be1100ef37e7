// Momentum-Clustering: Algorithm 4 of Werner, He, Jordan, Jaggi, Karimireddy, "Provably Personalized and Robust Federated
// Learning", 2023 (arXiv 2306.08393). O(N) messages: clients send one momentum each, a server clusters them.
//
//   m_i `momenta`   α `decay`   v_k `centers`   η `learningRate`   K `clusters`   x_i `models`   k_i nearest centre of m_i
//
//   m_i ← α g_i(x_i) + (1 − α) m_i        (sent to the server)
//   { v_k } ← Threshold-Clustering({ m_i }, K centres, from the last round's)
//   x_i ← x_i − η v_{k_i}
//
// All clients start at the same model, and those of one cluster stay together.
//
// Deviations: the paper does not say where the centres start; here at K of the first momenta, each the farthest from
// those chosen before (Gonzalez), beginning with a random client. k_i is the centre nearest to m_i. In a client's first
// round m_i = g_i (α = 1), so that the first momenta are not shrunk. The paper has no experiments with it.

import { randomInteger } from '@lemanic/tensor-core'
import { thresholdClustering, type ThresholdClusteringOptions } from '../aggregators/threshold-clustering.js'
import { ownPairs } from '../clients/clients.js'
import { scatter } from '../clients/train-by-gradients.js'
import { checkNumber, checkWhole } from '../refuse.js'
import { rowAt, type Rows } from '../rows/rows.js'
import { stateOf, type FederatedAlgorithm } from './algorithm.js'
import { checkSteps } from './check-steps.js'

export interface MomentumClusteringOptions extends ThresholdClusteringOptions {
  readonly learningRate: number
  /** K ≥ 1. */
  readonly clusters: number
  /** α, above 0 and at most 1. Default 0.1. */
  readonly decay?: number
}

export function momentumClustering(options: MomentumClusteringOptions): FederatedAlgorithm {
  const { learningRate, clusters, decay = 0.1, ...clustering } = options
  checkSteps('momentumClustering', { learningRate })
  checkWhole('momentumClustering', 'clusters', clusters, 1)
  checkNumber('momentumClustering', 'decay', decay, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  return {
    name: `momentum-clustering(${clustering.radius.name})`,
    init(clients, key) {
      const start = clients.init(key, 1)
      return stateOf(
        { models: start.select(new Int32Array(clients.count)), momenta: start.zeros(clients.count) },
        { seen: new Array<boolean>(clients.count).fill(false) },
      )
    },
    round({ rows, json }, context) {
      const { clients, participants, firstBatch, key } = context
      const models = rows.models!
      const { gradients } = clients.gradients({
        models: models.select(participants),
        ...ownPairs(participants),
        batch: firstBatch,
        key: key.foldIn('gradients'),
      })
      const seen = [...(json as { readonly seen: readonly boolean[] }).seen]
      const gains = Float64Array.from(participants, (client) => (seen[client]! ? decay : 1))
      const momenta = gradients
        .scale(gains)
        .add(rows.momenta!.select(participants).scale(gains.map((gain) => 1 - gain)))
      for (const client of participants) seen[client] = true
      const { points, senders } = context.deliver({ points: momenta, senders: participants })
      const first = (): Rows =>
        points.select(farthestFirst(points, clusters, randomInteger(key.foldIn('centers'), points.count)))
      const { centers, inside, radii, diagnostics } = thresholdClustering(points, rows.centers ?? first(), clustering)
      context.report(
        'inside',
        inside.map((flags) => [...senders].filter((_, row) => flags[row]!)),
      )
      context.report(
        'radii',
        radii.map((taken) => taken[taken.length - 1]!),
      )
      context.report(
        'diagnostics',
        diagnostics.map(({ message }) => message),
      )
      const honest = Int32Array.from(senders.keys()).filter((row) => !context.isByzantine(senders[row]!))
      const movers = honest.map((row) => senders[row]!)
      context.broadcast(centers, movers.length)
      const nearest = nearestCenters(points.select(honest), centers)
      const moved = models.select(movers).add(centers.select(nearest), -learningRate)
      const isFinite = momenta.finite()
      const usable = Int32Array.from(participants.keys()).filter((row) => isFinite[row]!)
      return stateOf(
        {
          models: scatter(models, movers, moved),
          momenta: scatter(
            rows.momenta!,
            usable.map((row) => participants[row]!),
            momenta.select(usable),
          ),
          centers,
        },
        { seen },
      )
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from({ length: rows.models!.count }, (_, i) => i)),
  }
}

/** Indices of `count` points, each the farthest from those before it (Gonzalez 1985). */
export function farthestFirst(points: Rows, count: number, first: number): number[] {
  const chosen = [first]
  const nearest = points.squaredDistances(rowAt(points, first))
  while (chosen.length < count) {
    const next = nearest.reduce((best, distance, i) => (distance > nearest[best]! ? i : best), 0)
    chosen.push(next)
    points.squaredDistances(rowAt(points, next)).forEach((distance, i) => {
      nearest[i] = Math.min(nearest[i]!, distance)
    })
  }
  return chosen
}

/** The nearest centre of every point. */
export function nearestCenters(points: Rows, centers: Rows): Int32Array {
  const distances = Array.from({ length: centers.count }, (_, k) => points.squaredDistances(rowAt(centers, k)))
  return Int32Array.from({ length: points.count }, (_, i) =>
    distances.reduce((best, row, k) => (row[i]! < distances[best]![i]! ? k : best), 0),
  )
}
