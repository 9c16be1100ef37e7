import { randomKey, randomPermutation, scope, type Backend } from '@lemanic/tensor-core'
import type { Aggregation, Aggregator, RowsState } from '../aggregators/aggregator.js'
import { applyAggregator, contextOf } from '../aggregators/apply.js'
import { paramsRows } from '../rows/params-rows.js'
import type { Rows } from '../rows/rows.js'
import { vectorRows } from '../rows/vector-rows.js'
import { asParams, broken, difference, samplePoints } from './sample-points.js'

export interface AggregatorContract {
  readonly backend: Backend
  /** Rows that it is tried on. Default 9. */
  readonly count?: number
  /** Does the result not depend on the order of the rows? False for rules that group at random. Default true. */
  readonly symmetric?: boolean
  /** Does moving all rows move the result? False for rules that start at the origin, such as clipping. Default true. */
  readonly equivariant?: boolean
  /**
   * How far the result may be from the honest mean, in multiples of the honest rows' greatest distance from it, while
   * `aggregator.byzantine` rows are sent to 10⁶. Only for rules with `byzantine` above 0. Default 3.
   */
  readonly tolerance?: number
}

/**
 * Throws `contract-broken` unless an aggregator gives one finite row, the same one again, for bare vectors and for
 * parameters, from equal rows these, whatever the order of the rows and wherever the origin, and withstands as many
 * outliers as it says; and leaves its inputs unchanged and no tensor alive.
 */
export function checkAggregator(aggregator: Aggregator, contract: AggregatorContract): void {
  const { backend, count = 9, symmetric = true, equivariant = true, tolerance = 3 } = contract
  const fail = (message: string): never => {
    throw broken(`aggregator "${aggregator.name}"`, message)
  }
  const apply = (points: Rows, round = 0, state: RowsState = {}): Aggregation =>
    applyAggregator(aggregator, points, contextOf(points.count, { key: randomKey(5).foldIn(round), round, state }))
  const valueOf = (vectors: readonly ArrayLike<number>[]): Float64Array =>
    apply(vectorRows(vectors)).value.toVectors()[0]!
  const points = samplePoints(1, count)

  const rows = vectorRows(points)
  const first = apply(rows)
  if (first.value.count !== 1) fail(`expected one row, got ${first.value.count}`)
  const expected = first.value.toVectors()
  if (!first.value.finite()[0]!) fail('the result of finite rows is not finite')
  if (difference(rows.toVectors(), points) > 0) fail('it changed its points')
  if (difference([valueOf(points)], expected) > 0) fail('the same points give another result')
  JSON.stringify(first.telemetry ?? {})
  const second = apply(rows, 1, first.state).value.toVectors()
  if (difference(apply(rows, 1, first.state).value.toVectors(), second) > 0) fail('the same state gives another result')

  const before = backend.memory().buffers
  const ofParams = scope(() => {
    const stacked = paramsRows(asParams(points, backend))
    const one = apply(stacked)
    const two = apply(stacked, 1, one.state)
    return [...one.value.toVectors(), ...two.value.toVectors()]
  })
  const left = backend.memory().buffers - before
  if (left > 0) fail(`${left} tensors are left alive after its scope`)
  const gap = difference(ofParams, [...expected, ...second])
  if (gap > 1e-4) fail(`parameters and bare vectors differ by ${gap}`)

  if (symmetric) {
    const order = randomPermutation(randomKey(3), count)
    const shuffled = difference([valueOf(Array.from(order, (i) => points[i]!))], expected)
    if (shuffled > 1e-9) fail(`another order of the rows changes the result by ${shuffled}`)
  }
  if (equivariant) {
    const moved = valueOf(points.map((row) => row.map((x) => x + 3))).map((x) => x - 3)
    const shift = difference([moved], expected)
    if (shift > 1e-9) fail(`it does not move with its points: ${shift}`)
    const same = Array.from({ length: count }, () => points[0]!)
    if (difference([valueOf(same)], [points[0]!]) > 1e-9) fail('equal rows do not give this row')
  }
  const f = aggregator.byzantine ?? 0
  if (f === 0) return
  const honest = points.slice(0, count - f)
  const center = honest[0]!.map((_, k) => honest.reduce((sum, row) => sum + row[k]!, 0) / honest.length)
  const distance = (row: Float64Array): number => Math.hypot(...row.map((x, k) => x - center[k]!))
  const reach = tolerance * Math.max(...honest.map(distance))
  const attacked = valueOf([...honest, ...samplePoints(2, f, 1e6)])
  if (!(distance(attacked) <= reach))
    fail(
      `with ${f} of ${count} rows at 10⁶ the result is ${distance(attacked)} from the honest mean, expected at most ${reach}`,
    )
}
