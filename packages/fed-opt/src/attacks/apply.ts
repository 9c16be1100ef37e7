import { randomKey, scope, type Params, type RandomKey, type Stacked } from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import { paramsOf, paramsRows } from '../rows/params-rows.js'
import type { Rows } from '../rows/rows.js'
import { vectorRows } from '../rows/vector-rows.js'
import type { Attack, AttackResult } from './attack.js'

export interface ForgeOptions {
  /** For attacks that draw. Default `randomKey(0)`. */
  readonly key?: RandomKey
}

/** Rows of an attack that changes labels only: what the attackers would have sent. */
export function applyAttack(
  attack: Attack,
  honest: Rows,
  context: Parameters<NonNullable<Attack['forge']>>[1],
): AttackResult {
  if (honest.count === 0) throw argumentError(`attack "${attack.name}"`, 'expected at least one honest row, got none')
  return attack.forge?.(honest, context) ?? { rows: context.own, state: context.state }
}

/** What the attackers send, as bare vectors: one for each of `own` (what they would have sent honestly). */
export function forgeVectors(
  attack: Attack,
  honest: readonly ArrayLike<number>[],
  own: readonly ArrayLike<number>[],
  options: ForgeOptions & { readonly target?: ArrayLike<number> } = {},
): Float64Array[] {
  const { key = randomKey(0), target } = options
  return applyAttack(attack, vectorRows(honest), {
    key,
    round: 0,
    own: vectorRows(own),
    state: {},
    ...(target === undefined ? {} : { target: vectorRows([target]) }),
  }).rows.toVectors()
}

/** As `forgeVectors`, for parameters or gradients: the result is stacked, one attacker a row. */
export function forgeParams(
  attack: Attack,
  honest: readonly Params[] | Stacked,
  own: readonly Params[] | Stacked,
  options: ForgeOptions & { readonly target?: Params } = {},
): Stacked {
  const { key = randomKey(0), target } = options
  return scope(() =>
    paramsOf(
      applyAttack(attack, paramsRows(honest), {
        key,
        round: 0,
        own: paramsRows(own),
        state: {},
        ...(target === undefined ? {} : { target: paramsRows([target]) }),
      }).rows,
    ),
  )
}
