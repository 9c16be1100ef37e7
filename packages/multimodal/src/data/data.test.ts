import { randomKey } from '@lemanic/tensor-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  groupedFolds,
  missingCompletelyAtRandom,
  type MultimodalData,
  patternOf,
  splitRows,
  withMissing,
} from '../index.js'
import { exampleData } from '../test-support.js'

const grouped = (rows: number, size: number, seed = 1): MultimodalData => ({
  ...exampleData(rows, seed),
  groups: Array.from({ length: rows }, (_, row) => `g${Math.floor(row / size)}`),
})

describe('folds', () => {
  test('every row is held out once, and no group crosses folds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 90 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 4 }),
        (rows, size, folds) => {
          const data = grouped(rows, size)
          const found = groupedFolds(data, { folds, key: randomKey(rows) })
          const times = new Uint8Array(rows)
          for (const { training, test: held } of found) {
            for (const row of held) times[row] += 1
            expect(training.length + held.length).toBe(rows)
            const groups = new Set(Array.from(held, (row) => data.groups![row]))
            expect(Array.from(training).some((row) => groups.has(data.groups![row]))).toBe(false)
          }
          expect([...times].every((value) => value === 1)).toBe(true)
        },
      ),
      { numRuns: 40 },
    )
  })
  test('folds are alike in size and in classes', () => {
    const data = grouped(600, 3)
    for (const { test: held } of groupedFolds(data, { folds: 5, stratify: ['sick', 'grade'], key: randomKey(2) })) {
      expect(Math.abs(held.length - 120)).toBeLessThanOrEqual(6)
      const share = (task: string, value: number, rows: Iterable<number>) => {
        const all = [...rows]
        return all.filter((row) => data.targets[task].values[row] === value).length / all.length
      }
      const everyone = Array.from({ length: 600 }, (_, row) => row)
      expect(Math.abs(share('sick', 1, held) - share('sick', 1, everyone))).toBeLessThan(0.04)
      expect(Math.abs(share('grade', 0, held) - share('grade', 0, everyone))).toBeLessThan(0.04)
    }
  })
  test('a fold with one class is refused by name', () => {
    const data = exampleData(30)
    const rare = { ...data.targets.sick, values: data.targets.sick.values.map((_, row) => (row < 2 ? 1 : 0)) }
    const given = { ...data, targets: { ...data.targets, sick: rare } }
    expect(() => groupedFolds(given, { folds: 5, stratify: ['sick'], key: randomKey(1) })).toThrow(
      /test rows of fold \d: task "sick": expected labels of at least two classes in 6 rows, got only 0/,
    )
    expect(() => groupedFolds(given, { folds: 31, key: randomKey(1) })).toThrow(/from 2 to 30 \(groups\), got 31/)
    expect(() => groupedFolds(given, { folds: 2, stratify: ['sic'], key: randomKey(1) })).toThrow(/did you mean "sick"/)
  })
  test('a split keeps groups together and takes about its share', () => {
    const data = grouped(200, 4)
    const rows = Array.from({ length: 160 }, (_, at) => at)
    const { kept, split } = splitRows(data, rows, { share: 0.25, key: randomKey(3) })
    expect([...kept, ...split].sort((a, b) => a - b)).toEqual(rows)
    expect(Math.abs(split.length - 40)).toBeLessThanOrEqual(4)
    expect(new Set(Array.from(split, (row) => data.groups![row])).has(data.groups![kept[0]])).toBe(false)
  })
})

test('patterns go in and come out; cells that were missing stay so', () => {
  const data = exampleData(50)
  const pattern = missingCompletelyAtRandom({ rows: 50, modalities: 3, probability: 0.3, key: randomKey(1) })
  const once = withMissing(data, pattern)
  expect(patternOf(once).present).toEqual(pattern.present)
  const again = withMissing(
    once,
    missingCompletelyAtRandom({ rows: 50, modalities: 1, probability: 1, key: randomKey(1) }),
    ['b'],
  )
  expect(patternOf(again, ['b']).present.every((value) => value === 0)).toBe(true)
  expect(patternOf(again, ['a']).present).toEqual(patternOf(once, ['a']).present)
  expect(() => withMissing(data, pattern, ['a', 'b'])).toThrow(/\[50, 2\], got \[50, 3\]/)
})
