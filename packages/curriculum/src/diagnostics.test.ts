import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import {
  gradientSortedOrder,
  isPermutation,
  labelSortedOrder,
  meanBalanceOrder,
  periodVariance,
  prefixDeviation,
  randomReshufflingOrder,
  withReplacementOrder,
} from './index.js'

/** n numbers: +1 in the first half, −1 in the second. */
const signs = (n: number) => ({
  size: n,
  dimension: 1,
  values: Array.from({ length: n }, (_, unit) => (unit < n / 2 ? 1 : -1)),
})
const epochs = (order: { epoch(index: number): Int32Array }, count: number) =>
  Array.from({ length: count }, (_, epoch) => [...order.epoch(epoch)]).flat()

test('sorted signs: min(τ, n/2)² in blocks of one sign, (n/2)² in a whole epoch', () => {
  const sorted = Array.from({ length: 100 }, (_, unit) => unit)
  for (const τ of [1, 5, 25, 50]) expect(periodVariance(sorted, signs(100), τ).average).toBe(τ ** 2)
  expect(periodVariance(sorted, signs(100), 100)).toEqual({
    average: 2500,
    largest: 2500,
    blocks: Float64Array.of(2500),
  })
  expect(prefixDeviation(sorted, signs(100))[49]).toBe(50)
  expect(prefixDeviation(sorted, signs(100))[99]).toBe(0)
})

test('with replacement the last partial sum of τ visits has mean square τσ²; without, τ(n − τ)/(n − 1) σ²', () => {
  const [n, τ, count] = [20, 10, 4000]
  const lastSquares = (visits: number[]) => {
    let sum = 0
    let blocks = 0
    for (let start = 0; start + n <= visits.length; start += n, blocks++) {
      sum += prefixDeviation(visits.slice(start, start + τ), signs(n))[τ - 1]! ** 2
    }
    return sum / blocks
  }
  const key = randomKey(12)
  // Each mean of 4,000 squares has a relative standard error of √2/√4000 = 0.022.
  expect(lastSquares(epochs(withReplacementOrder({ size: n, key }), count)) / τ).toBeCloseTo(1, 1)
  const without = lastSquares(epochs(randomReshufflingOrder({ size: n, key }), count))
  expect(without / ((τ * (n - τ)) / (n - 1))).toBeCloseTo(1, 1)
})

test('balancing makes prefix sums short: of 400 vectors in 4 dimensions, a fifth of a random order’s', () => {
  const [size, dimension] = [400, 4]
  const values = Array.from({ length: size * dimension }, (_, at) => Math.sin(at * at * 0.37) + 0.2)
  const table = { size, dimension, values }
  const order = meanBalanceOrder({ size, key: randomKey(1) })
  const heights = Array.from({ length: 20 }, () => {
    const visits = Array.from({ length: size }, () => {
      const unit = order.next()
      order.observe(unit, values.slice(unit * dimension, (unit + 1) * dimension))
      return unit
    })
    return Math.max(...prefixDeviation(visits, table))
  })
  expect(heights[19]).toBeLessThan(heights[0]! / 5)
})

test('gradient sorting drives prefix sums farther than label or random orders; one label keeps its order', () => {
  const [size, dimension] = [60, 2]
  const values = Array.from({ length: size * dimension }, (_, at) => Math.sin(at * at) * (at % 2 === 0 ? 5 : 1))
  const table = { size, dimension, values }
  const height = (order: { epoch(index: number): Int32Array }) => Math.max(...prefixDeviation(order.epoch(0), table))
  const sorted = gradientSortedOrder({ gradients: table })
  expect(height(sorted)).toBeGreaterThan(2 * height(randomReshufflingOrder({ size, key: randomKey(0) })))
  // The large first coordinate is nearly the principal direction: the same as sorting by it.
  const projected = [...sorted.epoch(0)].map((unit) => values[unit * dimension]!)
  expect(projected[0]!).toBeLessThan(-4)
  expect(projected.at(-1)!).toBeGreaterThan(4)
  const along = gradientSortedOrder({ gradients: table, direction: [0, 1] }).epoch(0)
  const second = [...along].map((unit) => values[unit * dimension + 1]!)
  expect(second).toEqual([...second].sort((left, right) => left - right))
  expect([...labelSortedOrder({ labels: [2, 0, 2, 1, 0] }).epoch(3)]).toEqual([1, 4, 3, 0, 2])
})

test('isPermutation and impossible τ', () => {
  expect([isPermutation([2, 0, 1]), isPermutation([0, 0, 1]), isPermutation([0, 3, 1]), isPermutation([0.5])]).toEqual([
    true,
    false,
    false,
    false,
  ])
  for (const τ of [0, 5, 1.5])
    expect(() => periodVariance([0, 1, 0, 1], signs(2), τ)).toThrow(/τ to be an integer from 1 to 4/)
  expect(() => prefixDeviation([0, 2], signs(2))).toThrow(/units from 0 to 1, got 2 at 1/)
  expect(() => prefixDeviation([0], { size: 2, dimension: 2, values: [1, 2, 3] })).toThrow(/3 values/)
})
