import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import {
  missingAtRandom,
  missingByClass,
  missingByOwnValue,
  missingCompletelyAtRandom,
  missingShares,
  rowsWith,
} from '../index.js'

const driver = fillRandomNormal(randomKey(1), new Float32Array(20_000))
const options = { driver, modalities: 2, modality: 1, share: 0.3, key: randomKey(2) }

describe.each([
  ['at random', missingAtRandom],
  ['by its own value', missingByOwnValue],
] as const)('missing %s', (_, generate) => {
  test('takes the exact share, from the one modality', () => {
    for (const share of [0, 0.3, 0.37, 1]) {
      expect([...missingShares(generate({ ...options, share }))]).toEqual([
        0,
        expect.closeTo(Math.round(share * 20_000) / 20_000, 12),
      ])
    }
  })
  test('the larger the driver the likelier, as much as the strength says', () => {
    const present = new Set(rowsWith(generate({ ...options, share: 0.01, strength: 1.5 }), 1))
    const mean = (isMissing: boolean) => {
      const rows = [...driver.keys()].filter((row) => present.has(row) !== isMissing)
      return rows.reduce((sum, row) => sum + driver[row], 0) / rows.length
    }
    // few are drawn: density ∝ φ(z) exp(1.5 z), a normal around 1.5
    expect(Math.abs(mean(true) - 1.5)).toBeLessThan(0.25) // 200 rows: standard error 0.07
    expect(Math.abs(mean(false))).toBeLessThan(0.05)
  })
  test('strength 0 is chance, a negative one takes the small', () => {
    const shift = (strength: number) => {
      const present = rowsWith(generate({ ...options, strength }), 1)
      return present.reduce((sum, row) => sum + driver[row], 0) / present.length
    }
    expect(Math.abs(shift(0))).toBeLessThan(0.03)
    expect(shift(-2)).toBeGreaterThan(0.2)
    expect(shift(2)).toBeLessThan(-0.2)
  })
  test('refuses what cannot be', () => {
    expect(() => generate({ ...options, share: 1.2 })).toThrow(/"share" from 0 to 1/)
    expect(() => generate({ ...options, modality: 2 })).toThrow(/"modality" from 0 to 1, got 2/)
    expect(() => generate({ ...options, driver: [1, NaN] })).toThrow(/got NaN in row 1/)
  })
})

test('exact rates at random: as many rows as asked, of each modality for itself', () => {
  const pattern = missingCompletelyAtRandom({
    rows: 1000,
    modalities: 2,
    probability: [0.25, 0.5],
    exact: true,
    key: randomKey(1),
  })
  expect([...missingShares(pattern)]).toEqual([0.25, 0.5])
  const both = [...Array(1000).keys()].filter(
    (row) => pattern.present[2 * row] + pattern.present[2 * row + 1] === 0,
  ).length
  expect(Math.abs(both - 125)).toBeLessThan(35) // hypergeometric, standard deviation 6.8
  expect(() =>
    missingCompletelyAtRandom({
      rows: 5,
      modalities: 2,
      probability: 0.1,
      exact: true,
      keepOne: true,
      key: randomKey(1),
    }),
  ).toThrow(/got both/)
})

test('the first of a class, as the reference code takes them', () => {
  const labels = [0, 1, 1, 0, 1, 1]
  const pattern = missingByClass({
    labels,
    label: 1,
    modalities: 1,
    modality: 0,
    share: 0.5,
    choice: 'first',
    key: randomKey(1),
  })
  expect([...rowsWith(pattern, 0)]).toEqual([0, 3, 4, 5])
})
