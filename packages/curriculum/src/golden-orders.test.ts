import { readFileSync } from 'node:fs'
import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { createOrder, type DataOrder, type OrderName, pairBalanceOrder, recursiveBalanceOrder } from './index.js'

// Orders that tools/parity/curriculum-orders.py computed from the papers with NumPy.
interface GoldenCase {
  readonly order: OrderName
  readonly size: number
  readonly dimension: number
  readonly options: { readonly depth?: number }
  /** [epoch][size × dimension]. */
  readonly gradients: readonly (readonly number[])[]
  /** The orders of epochs 1, 2, …, when epoch 0 is 0, 1, 2, … */
  readonly orders: readonly (readonly number[])[]
}
const { cases } = JSON.parse(readFileSync(new URL('./fixtures/golden-orders.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[]
}

/** One epoch; `gradientOf` gives what the order is shown. */
function walk(order: DataOrder, gradientOf: (unit: number) => ArrayLike<number>): number[] {
  return Array.from({ length: order.size }, () => {
    const unit = order.next()
    order.observe(unit, gradientOf(unit))
    return unit
  })
}

test.each(cases.map((golden) => [golden.order, golden.size, golden] as const))(
  '%s of %d units visits what NumPy says',
  (name, size, golden) => {
    const make = () => createOrder({ name, size, key: randomKey(3), ...golden.options })
    // Our epoch 0 is a random order: the unit that stands at place i of it takes the part of golden unit i.
    const first = make()
    const start = Array.from({ length: size }, () => first.next())
    const role = new Map(start.map((unit, place) => [unit, place]))
    const order = make()
    golden.gradients.forEach((table, epoch) => {
      const visits = walk(order, (unit) => {
        const row = role.get(unit)! * golden.dimension
        return table.slice(row, row + golden.dimension)
      }).map((unit) => role.get(unit))
      expect(visits, `epoch ${epoch}`).toEqual(epoch === 0 ? start.map((_, place) => place) : golden.orders[epoch - 1])
    })
  },
)

test('recursive balance of one level is pair balance', () => {
  const options = { size: 31, key: randomKey(8) }
  const [recursive, pair] = [recursiveBalanceOrder({ ...options, depth: 1 }), pairBalanceOrder(options)]
  for (let epoch = 0; epoch < 5; epoch++) {
    const gradientOf = (unit: number) => [Math.sin(unit * 3 + epoch), Math.cos(unit * unit), 0.1 * epoch]
    expect(walk(recursive, gradientOf)).toEqual(walk(pair, gradientOf))
  }
})
