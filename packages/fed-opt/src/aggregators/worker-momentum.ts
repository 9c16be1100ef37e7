import { checkNumber } from '../refuse.js'
import type { Rows } from '../rows/rows.js'
import type { PreAggregator } from './aggregator.js'

export interface WorkerMomentumOptions {
  /** 0 ≤ β < 1. Default 0.9. */
  readonly momentum?: number
  /** True: m ← βm + (1 − β)g, the paper's; false: m ← βm + g, as in most code. Default true. */
  readonly dampened?: boolean
  /** How many clients to keep room for from the start. Default: as many as have sent; absent ones keep their momentum. */
  readonly clients?: number
}

/**
 * Each client's rows are averaged over the rounds before they are aggregated, which leaves an attacker less noise to
 * hide in. A client without a history (its momentum is 0) contributes as it is, so that it is not shrunk by 1 − β.
 *
 * Karimireddy, He, Jaggi, 2021 (arXiv 2012.10333), §4. β `momentum`.
 */
export function workerMomentum(options: WorkerMomentumOptions = {}): PreAggregator {
  const { momentum = 0.9, dampened = true } = options
  checkNumber('workerMomentum', 'momentum', momentum, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  return {
    name: 'worker-momentum',
    transform(points, { weights, senders, state }) {
      const known = state.momentum?.count ?? 0
      const size = Math.max(options.clients ?? 0, known, Math.max(...senders) + 1)
      const fresh = points.zeros(size - known)
      // clients that send for the first time come below those that did before
      const memory: Rows =
        state.momentum === undefined ? fresh : size > known ? state.momentum.concat([fresh]) : state.momentum
      const norms = memory.squaredDistances(memory.zeros(1))
      const gains = Float64Array.from(senders, (sender) => (dampened && norms[sender]! > 0 ? 1 - momentum : 1))
      const next = points.scale(gains).add(memory.select(senders), momentum)
      // rows of those who sent come from `next`, all others stay
      const at = Int32Array.from({ length: size }, (_, client) => client)
      senders.forEach((sender, row) => {
        at[sender] = size + row
      })
      return {
        points: next,
        weights,
        senders,
        state: { momentum: memory.concat([next]).select(at) },
      }
    },
  }
}
