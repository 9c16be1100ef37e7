import { checkWhole } from '../refuse.js'
import { meanRow, rowAt, type Rows } from '../rows/rows.js'
import { vectorRows } from '../rows/vector-rows.js'
import { repeatRow, type Attack } from './attack.js'

/**
 * All attackers copy one honest client, so that its data count too much: harmful when clients differ, and not to be told
 * from honest behaviour. In the warm-up the direction z of greatest variance is learned (Oja-like averaging), the client
 * that is farthest along it is copied, and then kept.
 *
 *   μ ← t/(t+1) μ + 1/(t+1) mean(g)       z ← t/(t+1) z + 1/(t+1) Σ_i ⟨g_i − μ, z⟩ (g_i − μ) / ‖·‖
 *
 * Karimireddy, He, Jaggi, "Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing", 2022 (arXiv 2006.09365),
 * §3 and appendix. State: `chosen`, the client that is copied (its row, where clients are not told); `mean` and `direction`
 * during the warm-up. In a round that this client does not take part in, attackers send what they would have sent honestly.
 *
 * @param options.warmup Rounds, ≥ 1. Default 1.
 * @param options.target Copy this client from the beginning instead.
 */
export function mimic({ warmup = 1, target }: { readonly warmup?: number; readonly target?: number } = {}): Attack {
  checkWhole('mimic', 'warmup', warmup, 1)
  if (target !== undefined) checkWhole('mimic', 'target', target, 0)
  return {
    name: 'mimic',
    forge(honest, { own, clients, round, key, state }) {
      const copiesOf = (client: number): Rows => {
        const row = clients === undefined ? client : clients.indexOf(client)
        return row >= 0 && row < honest.count ? repeatRow(rowAt(honest, row), own.count) : own
      }
      if (target !== undefined) {
        if (clients === undefined) checkWhole('mimic', 'target', target, 0, honest.count - 1)
        return { rows: copiesOf(target) }
      }
      const kept = state.chosen?.toVectors()[0]![0]
      if (round >= warmup && kept !== undefined) return { rows: copiesOf(kept), state }
      const t = state.mean === undefined ? 0 : Math.min(round, warmup)
      const mean = meanRow(honest)
        .scale(1 / (t + 1))
        .add(state.mean ?? honest.zeros(1), t / (t + 1))
      const before = state.direction ?? unit(honest.normal(key, 1))
      const centered = honest.add(mean, -1)
      const step = unit(centered.mix([centered.dot(before)]))
      const direction = unit(before.scale(t / (t + 1)).add(step, 1 / (t + 1)))
      const chosen = argMax(honest.dot(direction))
      return {
        rows: repeatRow(rowAt(honest, chosen), own.count),
        // the means of the warm-up are needed no more once it is over
        state: {
          ...(round + 1 < warmup ? { mean, direction } : {}),
          chosen: vectorRows([[clients?.[chosen] ?? chosen]]),
        },
      }
    },
  }
}

function unit(row: Rows): Rows {
  const norm = Math.sqrt(row.squaredDistances(row.zeros(1))[0]!)
  return norm > 0 ? row.scale(1 / norm) : row
}

function argMax(values: Float64Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0)
}
