// Federated-Clustering (FC): Algorithm 2 of Werner, He, Jordan, Jaggi, Karimireddy, "Provably Personalized and Robust
// Federated Learning", 2023 (arXiv 2306.08393).
//
//   x_i `models`   η `learningRate`   g_j(x_i) gradients of client j at the model of client i   v_i the cluster's gradient
//
//   every round, for every client i:
//     v_i ← Threshold-Clustering({ g_j(x_i) }_j, one cluster, first centre g_i(x_i))
//     x_i ← x_i − η v_i
//
// O(N²) gradients and messages a round. `groups` is the paper's remedy: the clients are split at random into groups in
// every round, and each group runs the algorithm by itself.
//
// Deviations: none from the algorithm. The reference code adds heavy-ball momentum to v_i; it is the option `momentum`
// (default 0, as in the theory). Its local steps (section 4, CIFAR) are the run's `localSteps`: all but the last are
// plain SGD on own data. The code gives clients fresh data in every epoch; here they own theirs.

import { randomPermutation, scope } from '@lemanic/tensor-core'
import { thresholdClustering, type ThresholdClusteringOptions } from '../aggregators/threshold-clustering.js'
import { scatter } from '../clients/train-by-gradients.js'
import { argumentError, checkWhole } from '../refuse.js'
import { rowAt, type Rows } from '../rows/rows.js'
import { descend, stateOf, type FederatedAlgorithm, type RoundContext, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'

export interface FederatedClusteringOptions extends StepOptions, ThresholdClusteringOptions {
  /** Groups that clients are split into anew in every round, ≥ 1. Default 1. */
  readonly groups?: number
}

export function federatedClustering(options: FederatedClusteringOptions): FederatedAlgorithm {
  const { groups = 1, learningRate, momentum = 0, ...clustering } = options
  checkSteps('federatedClustering', options)
  checkWhole('federatedClustering', 'groups', groups, 1)

  /** The gradient of client i's cluster at client i's model, and who was taken to be in it. */
  const clusterGradient = (models: Rows, i: number, group: Int32Array, batch: number, context: RoundContext) => {
    const { gradients } = context.clients.gradients({
      models: rowAt(models, i),
      clients: group,
      rows: new Int32Array(group.length),
      batch,
      key: context.key.foldIn('gradients').foldIn(i),
    })
    context.broadcast(models, group.length - 1)
    const own = rowAt(gradients, group.indexOf(i))
    const { points, senders } = context.deliver({ points: gradients, senders: group, target: own, receiver: i })
    if (!senders.includes(i)) return undefined // its own gradient is not finite: it cannot move
    const { centers, inside, radii, diagnostics } = thresholdClustering(points, own, clustering)
    return {
      center: centers,
      inside: [...senders].filter((_, row) => inside[0]![row]!),
      radius: radii[0]![radii[0]!.length - 1]!,
      diagnostics: diagnostics.map(({ message }) => `client ${i}: ${message}`),
    }
  }

  return {
    name: `federated-clustering(${clustering.radius.name})`,
    init: (clients, key) => stateOf({ models: clients.init(key, 1).select(new Int32Array(clients.count)) }),
    round({ rows }, context) {
      const { participants, clients, firstBatch, key } = context
      if (groups > participants.length)
        throw argumentError(
          'federatedClustering',
          `groups: expected at most ${participants.length} (the participants), got ${groups}`,
        )
      const batch = firstBatch + Math.max(0, ...context.steps) - 1
      const models = localSteps(rows.models!, context)
      const order = randomPermutation(key.foldIn('groups'), participants.length)
      const size = Math.ceil(participants.length / groups)
      const moved: number[] = []
      const centers: Rows[] = []
      const inside: Record<string, number[]> = {}
      const radii: Record<string, number> = {}
      const diagnostics: string[] = []
      for (let start = 0; start < order.length; start += size) {
        const group = order
          .subarray(start, start + size)
          .map((at) => participants[at]!)
          .sort()
        for (const i of group) {
          if (context.isByzantine(i)) continue
          const found = scope(() => clusterGradient(models, i, group, Math.max(batch, firstBatch), context))
          if (found === undefined) continue
          moved.push(i)
          centers.push(found.center)
          inside[i] = found.inside
          radii[i] = found.radius
          diagnostics.push(...found.diagnostics)
        }
      }
      context.report('inside', inside)
      context.report('radii', radii)
      context.report('diagnostics', diagnostics)
      if (moved.length === 0) return stateOf({ ...rows, models })
      const velocity = rows.velocity ?? (momentum > 0 ? models.zeros(clients.count) : undefined)
      const next = descend(models.select(moved), centers[0]!.concat(centers.slice(1)), velocity?.select(moved), {
        learningRate,
        momentum,
      })
      return stateOf({
        models: scatter(models, moved, next.models),
        velocity: velocity === undefined ? undefined : scatter(velocity, moved, next.velocity!),
      })
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from({ length: rows.models!.count }, (_, i) => i)),
  }

  /** All local steps but the last, on own data. */
  function localSteps(
    models: Rows,
    { clients, participants, steps, firstBatch, key, isByzantine }: RoundContext,
  ): Rows {
    const honest = Int32Array.from(participants.keys()).filter((i) => steps[i]! > 1 && !isByzantine(participants[i]!))
    if (honest.length === 0) return models
    const movers = honest.map((i) => participants[i]!)
    const trained = clients.train({
      models: models.select(movers),
      clients: movers,
      steps: honest.map((i) => steps[i]! - 1),
      firstBatch,
      learningRate,
      key: key.foldIn('local'),
    })
    return scatter(models, movers, trained.models)
  }
}
