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
// What to expect: the theorem assumes that momenta of different clusters stay Δ apart (A9). They are gradients at the
// clients' own models, which vanish as each cluster nears its optimum: then the centres meet, and since they go on from
// where they were they never part again. On linear regression the algorithm as written therefore ends far from
// Federated-Clustering, whatever the radius and even from the true centres. `freezeAfter` keeps the memberships of the
// early rounds, when all models are still close to the common start and A9 holds.
//
// Deviations: the paper does not say where the centres start; here at K of the first momenta, each the farthest from
// those chosen before (Gonzalez), beginning with a random client. k_i is the centre nearest to m_i. In a client's first
// round m_i = g_i (α = 1), so that the first momenta are not shrunk. The paper has no experiments with it; `freezeAfter` is
// ours.

import { randomInteger } from '@lemanic/tensor-core'
import { applyAggregator, contextOf } from '../aggregators/apply.js'
import type { Aggregator } from '../aggregators/aggregator.js'
import { mean } from '../aggregators/mean.js'
import { thresholdClustering, type ThresholdClusteringOptions } from '../aggregators/threshold-clustering.js'
import { ownPairs } from '../clients/clients.js'
import { scatter } from '../clients/train-by-gradients.js'
import { checkNumber, checkWhole } from '../refuse.js'
import { rowAt, type Rows } from '../rows/rows.js'
import { stateOf, type FederatedAlgorithm, type RoundContext } from './algorithm.js'
import { checkSteps } from './check-steps.js'
import { membersOf } from './clusters.js'

export interface MomentumClusteringOptions extends ThresholdClusteringOptions {
  readonly learningRate: number
  /** K ≥ 1. */
  readonly clusters: number
  /** α, above 0 and at most 1. Default 0.1. */
  readonly decay?: number
  /**
   * Memberships of this round (counting from 1) are kept from then on, and a cluster moves by the `aggregator` of its
   * members' momenta. Default: never, as in the paper.
   */
  readonly freezeAfter?: number
  /** Within a cluster whose membership is frozen. Default `mean()`. */
  readonly aggregator?: Aggregator
}

export function momentumClustering(options: MomentumClusteringOptions): FederatedAlgorithm {
  const { learningRate, clusters, decay = 0.1, freezeAfter = Infinity, aggregator = mean(), ...clustering } = options
  checkSteps('momentumClustering', { learningRate })
  checkWhole('momentumClustering', 'clusters', clusters, 1)
  checkNumber('momentumClustering', 'decay', decay, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  if (freezeAfter !== Infinity) checkWhole('momentumClustering', 'freezeAfter', freezeAfter, 1)
  return {
    name: `momentum-clustering(${clustering.radius.name})`,
    init(clients, key) {
      const start = clients.init(key, 1)
      return stateOf(
        { models: start.select(new Int32Array(clients.count)), momenta: start.zeros(clients.count) },
        { seen: new Array<boolean>(clients.count).fill(false), labels: new Array<number>(clients.count).fill(-1) },
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
      const before = json as unknown as Memory
      const seen = [...before.seen]
      const gains = Float64Array.from(participants, (client) => (seen[client]! ? decay : 1))
      const momenta = gradients
        .scale(gains)
        .add(rows.momenta!.select(participants).scale(gains.map((gain) => 1 - gain)))
      for (const client of participants) seen[client] = true
      const { points, senders } = context.deliver({ points: momenta, senders: participants })
      const first = (): Rows =>
        points.select(farthestFirst(points, clusters, randomInteger(key.foldIn('centers'), points.count)))
      const honest = Int32Array.from(senders.keys()).filter((row) => !context.isByzantine(senders[row]!))
      const movers = honest.map((row) => senders[row]!)
      const labels = [...before.labels]
      const isFrozen = context.round >= freezeAfter
      const centers = isFrozen
        ? centersOf(points, senders, rows.centers!, labels, context)
        : clustered(points, senders, rows.centers ?? first(), context)
      const nearest = nearestCenters(points, centers)
      senders.forEach((client, row) => {
        if (!isFrozen || labels[client] === -1) labels[client] = nearest[row]!
      })
      context.report('labels', labels)
      context.broadcast(centers, movers.length)
      const taken = centers.select(movers.map((client) => labels[client]!))
      const moved = models.select(movers).add(taken, -learningRate)
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
        { seen, labels },
      )
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from({ length: rows.models!.count }, (_, i) => i)),
  }
  /** One round of Threshold-Clustering, reported. */
  function clustered(points: Rows, senders: Int32Array, start: Rows, context: RoundContext): Rows {
    const { centers, inside, radii, diagnostics } = thresholdClustering(points, start, clustering)
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
    return centers
  }

  /** Aggregates of the frozen clusters; one of which nothing came stays where it was. */
  function centersOf(
    points: Rows,
    senders: Int32Array,
    before: Rows,
    labels: readonly number[],
    { key, round }: RoundContext,
  ): Rows {
    const [head, ...rest] = membersOf(
      senders.map((client) => labels[client]!),
      clusters,
    ).map((rows, cluster) =>
      rows.length === 0
        ? rowAt(before, cluster)
        : applyAggregator(
            aggregator,
            points.select(rows),
            contextOf(rows.length, {
              key: key.foldIn('aggregate').foldIn(cluster),
              round,
              senders: rows.map((row) => senders[row]!),
            }),
          ).value,
    )
    return head!.concat(rest)
  }
}

interface Memory {
  /** Whether a client has sent before. */
  readonly seen: readonly boolean[]
  /** The centre of each client; −1: none yet. */
  readonly labels: readonly number[]
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
