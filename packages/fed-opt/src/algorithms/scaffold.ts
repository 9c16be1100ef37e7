// SCAFFOLD: Karimireddy, Kale, Mohri, Reddi, Stich, Suresh, "SCAFFOLD: Stochastic Controlled Averaging for Federated
// Learning", 2020 (arXiv 1910.06378), Algorithm 1 with option II.
//
//   x `global`   c `control`   c_i `controls`   η_l `learningRate`   η_g `serverLearningRate`   K local steps
//
//   y_i ← y_i − η_l (g_i(y_i) − c_i + c)        c_i⁺ = c_i − c + (x − y_i) / (K η_l)
//   x ← x + η_g mean(y_i − x)                   c ← c + (1/N) Σ (c_i⁺ − c_i)
//
// Deviations: means are plain, as in the paper, not weighted by examples. A client's control is the server's knowledge
// too: an attacker's forged change of its model does not change its control.

import { checkNumber } from '../refuse.js'
import { meanRow } from '../rows/rows.js'
import { scatter } from '../clients/train-by-gradients.js'
import { stateOf, type FederatedAlgorithm } from './algorithm.js'
import { checkSteps } from './check-steps.js'

export interface ScaffoldOptions {
  /** η_l > 0. */
  readonly learningRate: number
  /** η_g > 0. Default 1. */
  readonly serverLearningRate?: number
}

/** FedAvg whose clients correct their drift by control variates. Sends twice as much as FedAvg. */
export function scaffold({ learningRate, serverLearningRate = 1 }: ScaffoldOptions): FederatedAlgorithm {
  checkSteps('scaffold', { learningRate })
  checkNumber('scaffold', 'learningRate', learningRate, (x) => x > 0, 'a number above 0')
  checkNumber('scaffold', 'serverLearningRate', serverLearningRate, (x) => x > 0, 'a number above 0')
  return {
    name: 'scaffold',
    init(clients, key) {
      const global = clients.init(key, 1)
      return stateOf({ global, control: global.zeros(1), controls: global.zeros(clients.count) })
    },
    round({ rows }, context) {
      const { clients, participants, steps, firstBatch, key } = context
      const [global, control, controls] = [rows.global!, rows.control!, rows.controls!]
      context.broadcast(global, 2 * participants.length)
      const old = controls.select(participants)
      const correction = old.scale(-1).add(control)
      const { models } = clients.train({
        models: global,
        clients: participants,
        steps,
        firstBatch,
        learningRate,
        correction,
        key: key.foldIn('train'),
      })
      const changes = models.add(global, -1)
      const worked = steps.map((count) => Math.max(1, count))
      // c_i⁺ − c_i = −c − (y_i − x) / (K η); a client without a step keeps its control
      const drift = changes
        .scale(Float64Array.from(worked, (count) => -1 / (count * learningRate)))
        .add(control, -1)
        .scale(Float64Array.from(steps, (count) => Number(count > 0)))
      const { points, senders } = context.deliver({ points: changes, senders: participants, target: global.zeros(1) })
      const rowOf = new Map(Array.from(participants, (client, row) => [client, row]))
      const arrived = drift.select(Int32Array.from(senders, (client) => rowOf.get(client)!))
      context.broadcast(control, senders.length) // the controls on their way to the server
      const isFinite = arrived.finite()
      const usable = Int32Array.from(senders.keys()).filter((row) => isFinite[row]!)
      const next = global.add(meanRow(points), serverLearningRate)
      if (usable.length === 0) return stateOf({ global: next, control, controls })
      const kept = arrived.select(usable)
      const owners = usable.map((row) => senders[row]!)
      return stateOf({
        global: next,
        control: control.add(meanRow(kept), usable.length / clients.count),
        controls: scatter(controls, owners, controls.select(owners).add(kept)),
      })
    },
    models: ({ rows }, { count }) => rows.global!.select(new Int32Array(count)),
  }
}
