import { randomKey, scope, type Backend } from '@lemanic/tensor-core'
import type { RowsState } from '../aggregators/aggregator.js'
import { applyAttack } from '../attacks/apply.js'
import type { Attack, AttackResult } from '../attacks/attack.js'
import { paramsRows } from '../rows/params-rows.js'
import type { Rows } from '../rows/rows.js'
import { vectorRows } from '../rows/vector-rows.js'
import { asParams, broken, difference, samplePoints } from './sample-points.js'

/**
 * Throws `contract-broken` unless an attack forges one finite row for each attacker, the same ones again, for bare vectors
 * and (where it draws nothing) for parameters, leaves its inputs unchanged and no tensor alive; and maps labels to labels.
 *
 * @param options.isRandom The attack draws numbers, which differ between vectors and parameters. Default false.
 */
export function checkAttack(attack: Attack, options: { readonly backend: Backend; readonly isRandom?: boolean }): void {
  const { backend, isRandom = false } = options
  const fail = (message: string): never => {
    throw broken(`attack "${attack.name}"`, message)
  }
  if (attack.forge === undefined && attack.poison === undefined) fail('it neither forges nor poisons')
  const labels = Int32Array.of(0, 3, 9, 5)
  const poisoned = attack.poison?.(labels, 10) ?? labels
  if (labels.join() !== '0,3,9,5') fail('it changed the labels that it was given')
  if (poisoned.length !== 4 || poisoned.some((label) => !(label >= 0 && label < 10)))
    fail(`expected 4 labels from 0 to 9, got ${poisoned.join()}`)

  const [honest, own, target] = [samplePoints(1, 7), samplePoints(2, 3), samplePoints(3, 1)]
  const apply = (make: (vectors: Float64Array[]) => Rows, round = 0, state: RowsState = {}): AttackResult =>
    applyAttack(attack, make(honest), {
      key: randomKey(9).foldIn(round),
      round,
      own: make(own),
      target: make(target),
      state,
    })
  const twice = (make: (vectors: Float64Array[]) => Rows): Float64Array[] => {
    const one = apply(make)
    const two = apply(make, 1, one.state)
    if (one.rows.count !== 3 || two.rows.count !== 3)
      fail(`expected a row for each of 3 attackers, got ${one.rows.count}`)
    if (![...one.rows.finite(), ...two.rows.finite()].every(Boolean)) fail('rows are not finite')
    return [...one.rows.toVectors(), ...two.rows.toVectors()]
  }
  const expected = twice(vectorRows)
  if (difference(twice(vectorRows), expected) > 0) fail('the same rows and state give another result')
  const before = backend.memory().buffers
  const ofParams = scope(() => twice((vectors) => paramsRows(asParams(vectors, backend))))
  const left = backend.memory().buffers - before
  if (left > 0) fail(`${left} tensors are left alive after its scope`)
  const gap = difference(ofParams, expected)
  if (!isRandom && gap > 1e-4) fail(`parameters and bare vectors differ by ${gap}`)
}
