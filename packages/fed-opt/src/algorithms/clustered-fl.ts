// Clustered FL: Sattler, Müller, Samek, "Clustered Federated Learning: Model-Agnostic Distributed Multi-Task Optimization
// under Privacy Constraints", 2020 (arXiv 1910.01991), Algorithms 1 and 2.
//
//   ε₁ `stationary`   ε₂ `divergent`   Δ_i changes of the clients' models in a round
//
//   A cluster runs FedAvg. Once it is stationary (‖mean Δ‖ < ε₁) while its members are not (max ‖Δ_i‖ > ε₂), it is split
//   in two by the cosine similarities of the Δ_i, so that the largest similarity across is as small as it can be.
//
// The minimal bipartition of the paper is single linkage on the similarities: merge the most similar pair until two
// groups are left. Deviations: a group of fewer than `smallest` clients is never split off; the paper's test of
// 1 − α_cross > γ is the option `separation` (default 0: always split).

import { mean } from '../aggregators/mean.js'
import type { Aggregator } from '../aggregators/aggregator.js'
import { checkNumber, checkWhole } from '../refuse.js'
import { meanRow, type Rows } from '../rows/rows.js'
import { stateOf, type FederatedAlgorithm, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'
import { moveRows, trainClusters } from './clusters.js'

export interface ClusteredFlOptions extends StepOptions {
  /** ε₁ ≥ 0, in units of the models' change in a round. */
  readonly stationary: number
  /** ε₂ ≥ 0. */
  readonly divergent: number
  /** Least 1 − (largest similarity across the two halves) of a split. Default 0. */
  readonly separation?: number
  /** Least number of clients in a half. Default 1. */
  readonly smallest?: number
  /** Rounds before the first split. Default 0. */
  readonly warmup?: number
  /** Within each cluster. Default `mean()`. */
  readonly aggregator?: Aggregator
}

export function clusteredFl(options: ClusteredFlOptions): FederatedAlgorithm {
  checkSteps('clusteredFl', options)
  const {
    stationary,
    divergent,
    separation = 0,
    smallest = 1,
    warmup = 0,
    aggregator = mean(),
    learningRate,
    momentum = 0,
  } = options
  checkNumber('clusteredFl', 'stationary', stationary, (x) => x >= 0, 'a number ≥ 0')
  checkNumber('clusteredFl', 'divergent', divergent, (x) => x >= 0, 'a number ≥ 0')
  checkNumber('clusteredFl', 'separation', separation, (x) => x >= 0 && x <= 2, 'a number from 0 to 2')
  checkWhole('clusteredFl', 'smallest', smallest, 1)
  checkWhole('clusteredFl', 'warmup', warmup, 0)
  return {
    name: 'clustered-fl',
    init: (clients, key) =>
      stateOf({ models: clients.init(key, 1) }, { labels: new Array<number>(clients.count).fill(0) }),
    round({ rows, json }, context) {
      const labels = [...(json as { readonly labels: readonly number[] }).labels]
      context.broadcast(rows.models!, context.participants.length)
      const moved = trainClusters(rows.models!, { learningRate, momentum, labels, aggregator, state: rows, context })
      let next = moveRows(rows.models!, moved.changes)
      if (context.round >= warmup) {
        for (const arrived of moved.received) {
          const second = arrived === undefined ? undefined : split(arrived.points)
          if (second === undefined) continue
          // the half with the first member keeps the old label
          const old = labels[arrived!.senders[0]!]!
          for (const row of second) labels[arrived!.senders[row]!] = next.count
          next = next.concat([next.select([old])])
        }
      }
      context.report('labels', labels)
      return stateOf({ models: next, ...moved.state }, { labels })
    },
    models: ({ rows, json }) => rows.models!.select([...(json as { readonly labels: readonly number[] }).labels]),
  }

  /** The rows of the half that leaves, if a cluster whose members sent these changes is to be split. */
  function split(own: Rows): number[] | undefined {
    if (own.count < 2) return undefined
    const origin = own.zeros(1)
    const norms = own.squaredDistances(origin).map(Math.sqrt)
    const drift = Math.sqrt(meanRow(own).squaredDistances(origin)[0]!)
    if (!(drift < stationary && Math.max(...norms) > divergent)) return undefined
    const unit = own.scale(norms.map((norm) => (norm > 0 ? 1 / norm : 0)))
    const similarity = Array.from({ length: own.count }, (_, i) => unit.dot(unit.select([i])))
    const { halves, across } = bipartition(similarity)
    if (1 - across < separation || halves.some((half) => half.length < smallest)) return undefined
    return halves.find((half) => !half.includes(0))!
  }
}

/** Two groups with the least possible largest similarity between them, and that similarity. */
export function bipartition(similarity: readonly ArrayLike<number>[]): {
  halves: [number[], number[]]
  across: number
} {
  const groups = similarity.map((_, i) => [i])
  const linkage = (a: readonly number[], b: readonly number[]): number =>
    Math.max(...a.flatMap((i) => b.map((j) => similarity[i]![j]!)))
  while (groups.length > 2) {
    let best = { first: 0, second: 1, value: -Infinity }
    for (let first = 0; first < groups.length; first++)
      for (let second = first + 1; second < groups.length; second++) {
        const value = linkage(groups[first]!, groups[second]!)
        if (value > best.value) best = { first, second, value }
      }
    groups[best.first]!.push(...groups[best.second]!)
    groups.splice(best.second, 1)
  }
  const halves = [groups[0]!, groups[1]!] as [number[], number[]]
  return { halves, across: linkage(...halves) }
}
