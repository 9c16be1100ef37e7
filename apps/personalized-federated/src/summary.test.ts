import { expect, test } from 'vitest'
import { adjustedRandIndex, ballQuality, finite, worstDecile } from './summary.js'

test('the worst tenth is the mean of the tail, of one client at least', () => {
  const values = Array.from({ length: 20 }, (_, i) => i)
  expect(worstDecile(values, 'lowest')).toBe(0.5)
  expect(worstDecile(values, 'highest')).toBe(18.5)
  expect(worstDecile([3, 1, 2], 'lowest')).toBe(1)
})

test('what diverged counts as the limit', () => {
  expect([NaN, Infinity, 1e9, -1e9, 2].map((value) => finite(value))).toEqual([1e6, 1e6, 1e6, -1e6, 2])
})

test('the adjusted Rand index is 1 up to names, 0 for one cluster, and that of a table worked by hand', () => {
  expect(adjustedRandIndex([0, 0, 1, 1], [5, 5, 2, 2])).toBe(1)
  expect(adjustedRandIndex([0, 0, 1, 1], [0, 0, 0, 0])).toBe(0)
  // pairs together: 2 in both, 6 and 5 in each, 21 pairs in all: (2 − 30/21) / (5.5 − 30/21)
  expect(adjustedRandIndex([0, 0, 0, 1, 1, 1, 2], [0, 0, 1, 1, 2, 2, 2])).toBeCloseTo(
    (2 - 30 / 21) / (5.5 - 30 / 21),
    12,
  )
})

test('balls are pure when they hold the own cluster, attackers are strangers', () => {
  const clusters = [0, 0, 1, 1, 0]
  expect(ballQuality({ 0: [0, 1], 1: [1], 2: [2, 3], 3: [3] }, clusters, 4)).toEqual({ precision: 1, recall: 0.5 })
  // client 4 attacks: it is of cluster 0 by its data only
  expect(ballQuality({ 0: [0, 1, 4] }, clusters, 4)).toEqual({ precision: 0.5, recall: 1 })
})
