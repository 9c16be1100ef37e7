import { expect, test } from 'vitest'
import { interpolate } from './measure-budgets.js'

test('a curve is straight between its points, and exact at them', () => {
  const curve = { x: [1, 3, 7], y: [10, 4, 0] }
  expect([1, 2, 3, 5, 7].map((x) => interpolate(curve, x))).toEqual([10, 7, 4, 2, 0])
})
