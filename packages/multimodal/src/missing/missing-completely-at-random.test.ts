import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { missingCompletelyAtRandom, missingShares } from '../index.js'

const key = randomKey(3)

test('cells are missing with their probability, independently of each other', () => {
  const rows = 40_000
  const { present } = missingCompletelyAtRandom({ rows, modalities: 2, probability: [0.3, 0.6], key })
  const counts = [0, 0, 0, 0]
  for (let row = 0; row < rows; row++) counts[present[2 * row] * 2 + present[2 * row + 1]]++
  const expected = [0.3 * 0.6, 0.3 * 0.4, 0.7 * 0.6, 0.7 * 0.4].map((share) => share * rows)
  const chiSquare = counts.reduce((sum, count, cell) => sum + (count - expected[cell]) ** 2 / expected[cell], 0)
  expect(chiSquare).toBeLessThan(16.27) // 0.999 quantile, 3 degrees of freedom
})

test('probability 0 keeps all, 1 keeps none', () => {
  const shares = (probability: number) => [
    ...missingShares(missingCompletelyAtRandom({ rows: 20, modalities: 3, probability, key })),
  ]
  expect(shares(0)).toEqual([0, 0, 0])
  expect(shares(1)).toEqual([1, 1, 1])
})

test('keepOne leaves every row exactly one modality where all would be missing', () => {
  const { present } = missingCompletelyAtRandom({ rows: 3000, modalities: 3, probability: 1, keepOne: true, key })
  const given = [0, 0, 0]
  for (let row = 0; row < 3000; row++) {
    const cells = present.subarray(3 * row, 3 * row + 3)
    expect(cells.reduce((sum, value) => sum + value, 0)).toBe(1)
    given[cells.indexOf(1)]++
  }
  for (const count of given) expect(Math.abs(count - 1000)).toBeLessThan(100) // standard deviation 26
})

test('a row keeps its pattern when rows are added, and changes with the key', () => {
  const make = (rows: number, seed: number) =>
    missingCompletelyAtRandom({ rows, modalities: 4, probability: 0.5, key: randomKey(seed) }).present
  expect(make(200, 1).subarray(0, 400)).toEqual(make(100, 1))
  expect(make(100, 2)).not.toEqual(make(100, 1))
})

test.each([
  [{ probability: 1.1 }, /"probability" from 0 to 1, got 1.1/],
  [{ probability: [0.1, 0.2, 0.3] }, /2 of them, got 3/],
  [{ rows: 0 }, /"rows".*got 0/],
  [{ modalities: 1.5 }, /"modalities".*got 1.5/],
])('refuses %o', (wrong, message) => {
  expect(() => missingCompletelyAtRandom({ rows: 5, modalities: 2, probability: 0.1, key, ...wrong })).toThrow(message)
})
