import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { combinePatterns, missingByClass, missingShares, rowsWith } from '../index.js'

const labels = Int32Array.from({ length: 100 }, (_, row) => (row % 4 === 0 ? 1 : 0)) // 25 rows of class 1
const options = { labels, label: 1, modalities: 2, modality: 1, share: 0.6, key: randomKey(9) }

test('takes the exact share of the class, from that modality and no other row', () => {
  const pattern = missingByClass(options)
  expect([...missingShares(pattern)].map((share) => Math.round(share * 100))).toEqual([0, 15])
  const present = new Set(rowsWith(pattern, 1))
  expect([...labels.keys()].filter((row) => !present.has(row) && labels[row] !== 1)).toEqual([])
})

test('the choice is uniform over the rows of the class', () => {
  const times = new Map<number, number>()
  for (let seed = 0; seed < 1000; seed++) {
    const present = new Set(rowsWith(missingByClass({ ...options, share: 0.2, key: randomKey(seed) }), 1))
    for (const row of labels.keys()) if (!present.has(row)) times.set(row, (times.get(row) ?? 0) + 1)
  }
  expect(times.size).toBe(25)
  const chiSquare = [...times.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0)
  expect(chiSquare).toBeLessThan(51.18) // 0.999 quantile, 24 degrees of freedom
})

test('share 0 takes nothing, share 1 the whole class', () => {
  expect(rowsWith(missingByClass({ ...options, share: 0 }), 1)).toHaveLength(100)
  expect(rowsWith(missingByClass({ ...options, share: 1 }), 1)).toHaveLength(75)
})

test('combined patterns lack what either lacks', () => {
  const first = missingByClass({ ...options, modality: 0, share: 1 })
  const second = missingByClass({ ...options, label: 0, share: 1 })
  const both = combinePatterns(first, second)
  expect(rowsWith(both, 0)).toHaveLength(75)
  expect(rowsWith(both, 1)).toHaveLength(25)
  expect(() => combinePatterns(first, missingByClass({ ...options, modalities: 3 }))).toThrow(
    /\[100, 2\] and \[100, 3\]/,
  )
})

test.each([
  [{ label: 7 }, /occurs in "labels", got 7/],
  [{ modality: 2 }, /"modality" from 0 to 1, got 2/],
  [{ share: -0.1 }, /"share" from 0 to 1/],
  [{ labels: [] }, /labels.length/],
])('refuses %o', (wrong, message) => {
  expect(() => missingByClass({ ...options, ...wrong })).toThrow(message)
})

test('refuses a modality that the pattern does not have', () => {
  expect(() => rowsWith(missingByClass(options), 2)).toThrow(/from 0 to 1, got 2/)
})
