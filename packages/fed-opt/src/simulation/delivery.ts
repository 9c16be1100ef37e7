import { dispose, keep, LemanicError, type RandomKey } from '@lemanic/tensor-core'
import type { RowsState } from '../aggregators/aggregator.js'
import type { Delivery, Received } from '../algorithms/algorithm.js'
import { applyAttack } from '../attacks/apply.js'
import type { Attack } from '../attacks/attack.js'
import { scatter } from '../clients/train-by-gradients.js'
import { normalized } from '../rows/rows.js'
import type { Exclusion } from './events.js'

export interface Post {
  readonly attack: Attack | undefined
  readonly byzantine: ReadonlySet<number>
  readonly sizes: Float64Array
  readonly policy: 'exclude' | 'quarantine' | 'throw'
}

/** What attackers keep between rounds, by channel. */
export type AttackHistory = Record<string, RowsState>

/** Forges the rows of attackers and leaves out what is not finite. */
export function deliver(
  { points, senders, target, receiver, channel = '', isPart = false }: Delivery,
  { attack, byzantine, sizes, policy }: Post,
  moment: { readonly round: number; readonly key: RandomKey; readonly history: AttackHistory },
): { received: Received; excluded: Exclusion[] } {
  const where = `${channel}${receiver ?? ''}`
  const attackers = byzantine.size === 0 ? new Int32Array() : rowsOf(senders, (client) => byzantine.has(client))
  let rows = points
  if (attack?.forge !== undefined && attackers.length > 0 && attackers.length < senders.length) {
    const honest = rowsOf(senders, (client) => !byzantine.has(client))
    const forged = applyAttack(attack, points.select(honest), {
      key: moment.key.foldIn(`attack ${where}`),
      round: moment.round,
      own: points.select(attackers),
      clients: honest.map((row) => senders[row]!),
      state: moment.history[where] ?? {},
      ...(target === undefined ? {} : { target }),
    })
    rows = scatter(points, attackers, forged.rows)
    if (forged.state !== undefined) remember(moment.history, where, forged.state)
  }
  const finite = rows.finite()
  if (finite.every(Boolean))
    return { received: { points: rows, senders, weights: weightsOf(senders, sizes) }, excluded: [] }
  const excluded = Array.from(senders).flatMap((client, row): Exclusion[] =>
    finite[row]! ? [] : [{ client, reason: 'not-finite', ...(receiver === undefined ? {} : { receiver }) }],
  )
  const kept = rowsOf(senders, (_, row) => finite[row]!)
  if (excluded.length > 0 && (policy === 'throw' || (kept.length === 0 && !isPart))) {
    const clients = excluded.map(({ client }) => client)
    throw new LemanicError(
      'not-finite',
      `round ${moment.round}: expected finite numbers from every client, got NaN or Infinity from client ${clients.join(', ')}`,
      {
        fields: { round: moment.round, clients },
        help:
          kept.length === 0
            ? 'nobody is left; lower the learning rate'
            : "pass nonFinite: 'exclude' or 'quarantine' to go on without them, or lower the learning rate",
      },
    )
  }
  const present = kept.map((row) => senders[row]!)
  return {
    received: {
      points: kept.length === 0 ? rows : rows.select(kept),
      senders: present,
      weights: weightsOf(present, sizes),
    },
    excluded,
  }
}

/** The rows of senders that a condition holds for, ascending. */
function rowsOf(senders: Int32Array, condition: (client: number, row: number) => boolean): Int32Array {
  const rows: number[] = []
  for (let row = 0; row < senders.length; row++) if (condition(senders[row]!, row)) rows.push(row)
  return Int32Array.from(rows)
}

/** Shares of the senders by their examples. */
function weightsOf(senders: Int32Array, sizes: ArrayLike<number>): Float64Array {
  const examples = new Float64Array(senders.length)
  for (let row = 0; row < examples.length; row++) examples[row] = sizes[senders[row]!]!
  return normalized(examples)
}

/** Keeps rows beyond the scope of the round; those that they replace are given back. */
function remember(history: AttackHistory, where: string, state: RowsState): void {
  const old = Object.values(history[where] ?? {})
  const next = new Set(Object.values(state))
  history[where] = keep(state)
  dispose(old.filter((rows) => !next.has(rows)))
}
