import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectClose, golden } from './fixtures/golden.js'
import { linearTrend, leastSquaresSlope } from './linear-trend.js'
import { mannKendall } from './mann-kendall.js'
import { mcnemar } from './mcnemar.js'
import { benjaminiHochberg, holm } from './multiple-comparisons.js'
import { pageTrend } from './page-trend.js'
import { permutationTest } from './permutation-test.js'
import { seededRandom } from './seeded-random.js'
import { welchTTest } from './welch-t-test.js'
import { wilcoxonSignedRank } from './wilcoxon-signed-rank.js'
import { wilsonInterval } from './wilson-interval.js'

const sides = ['two-sided', 'less', 'greater'] as const

describe('independent samples', () => {
  test('Welch’s t test as SciPy', () => {
    for (const { first, second, statistic, degreesOfFreedom, p, greater, ci95 } of golden.welch) {
      const result = welchTTest(first, second)
      expectClose(result.statistic, statistic)
      expectClose(result.degreesOfFreedom, degreesOfFreedom)
      expectClose(result.p, p)
      expectClose(result.confidenceInterval[0], ci95[0])
      expectClose(result.confidenceInterval[1], ci95[1])
      expectClose(welchTTest(first, second, { alternative: 'greater' }).p, greater)
    }
  })

  test('exact permutation test as SciPy, ties included', () => {
    for (const { first, second, ...expected } of golden.permutation) {
      for (const alternative of sides) {
        const result = permutationTest(first, second, { alternative })
        expect(result.exact).toBe(true)
        expectClose(result.p, expected[alternative])
      }
    }
  })

  test('Monte-Carlo permutation p is close to the exact one', () => {
    const { first, second, ...expected } = golden.permutation[2]
    const sampled = permutationTest(first, second, { exactLimit: 1, resamples: 20_000, seed: 4 })
    expect(sampled.exact).toBe(false)
    expect(Math.abs(sampled.p - expected['two-sided'])).toBeLessThan(0.015)
  })

  test('permutation p values under the null are close to uniform', () => {
    const random = seededRandom(12)
    let hits = 0
    const trials = 1500
    for (let trial = 0; trial < trials; trial++) {
      const draw = () => Array.from({ length: 5 }, () => random() ** 2)
      if (permutationTest(draw(), draw(), { alternative: 'greater' }).p <= 0.1) hits++
    }
    expect(Math.abs(hits / trials - 0.1)).toBeLessThan(0.035)
  })
})

describe('Wilcoxon’s signed-rank test', () => {
  test('exact, as SciPy, ties included', () => {
    for (const { differences, ...expected } of golden.wilcoxon.exact) {
      const zeros = differences.map(() => 0)
      for (const alternative of sides) {
        const result = wilcoxonSignedRank(differences, zeros, { alternative, method: 'exact' })
        expectClose(result.p, expected[alternative], 1e-10, `n = ${differences.length}, ${alternative}`)
      }
    }
  })

  test('normal approximation, as SciPy, for every way with zeros and ties', () => {
    for (const { differences, zeros, continuity, alternative, p } of golden.wilcoxon.normal) {
      const second = differences.map(() => 0)
      const result = wilcoxonSignedRank(differences, second, { alternative, zeros, continuity, method: 'normal' })
      expectClose(result.p, p, 1e-10, `${zeros}, ${alternative}, continuity ${continuity}`)
    }
  })

  test('the exact test of 8 equal signs gives 2⁻⁷', () => {
    expect(wilcoxonSignedRank([1, 2, 3, 4, 5, 6, 7, 8], [0, 0, 0, 0, 0, 0, 0, 0]).p).toBe(2 ** -7)
    expect(wilcoxonSignedRank([1, 1], [1, 1]).p).toBe(1)
  })
})

describe('corrections for many comparisons', () => {
  test('as statsmodels', () => {
    for (const { p, holm: byHolm, benjaminiHochberg: byRate } of golden.corrections) {
      holm(p).forEach((value, index) => expectClose(value, byHolm[index]))
      benjaminiHochberg(p).forEach((value, index) => expectClose(value, byRate[index]))
    }
  })

  test('keep the order of the p values, never lower one, and follow a permutation', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(values, (p) => {
        for (const corrected of [holm(p), benjaminiHochberg(p)]) {
          p.forEach((value, index) => {
            expect(corrected[index]!).toBeGreaterThanOrEqual(value)
            expect(corrected[index]!).toBeLessThanOrEqual(1)
            p.forEach((other, at) => {
              if (value < other) expect(corrected[index]!).toBeLessThanOrEqual(corrected[at]!)
            })
          })
        }
        expect(holm([...p].reverse()).reverse()).toEqual(holm(p))
        holm(p).forEach((value, index) => expect(value).toBeGreaterThanOrEqual(benjaminiHochberg(p)[index]! - 1e-15))
      }),
      { seed: 6 },
    )
    expect(() => holm([0.1, 1.2])).toThrow('got 1.2 at index 1')
    expect(holm([])).toEqual([])
  })
})

describe('trends', () => {
  test('Mann–Kendall, exact and normal, as SciPy’s Kendall test', () => {
    for (const { values, tau, exact, normal } of golden.trends.mannKendall) {
      expectClose(mannKendall(values).tau, tau)
      for (const alternative of sides) {
        if (exact) expectClose(mannKendall(values, { alternative, method: 'exact' }).p, exact[alternative])
        if (normal)
          expectClose(mannKendall(values, { alternative, method: 'normal', continuity: false }).p, normal[alternative])
      }
    }
  })

  test('Page’s L, exact and normal, as SciPy', () => {
    for (const { rows, statistic, exact, normal } of golden.trends.page) {
      expect(pageTrend(rows).statistic).toBe(statistic)
      expectClose(pageTrend(rows, { method: 'exact' }).p, exact)
      expectClose(pageTrend(rows, { method: 'normal' }).p, normal)
    }
    expect(() => pageTrend([[1, 1, 2]], { method: 'exact' })).toThrow('no ties')
    expect(() =>
      pageTrend([
        [1, 2, 3],
        [1, 2],
      ]),
    ).toThrow('at least 3')
  })

  test('linear trend as SciPy', () => {
    for (const { positions, values, ...expected } of golden.trends.linear) {
      const result = linearTrend(positions, values)
      expectClose(result.slope, expected.slope)
      expectClose(result.intercept, expected.intercept, 1e-9)
      expectClose(result.correlation, expected.correlation)
      expectClose(result.standardError, expected.standardError, 1e-9)
      expectClose(result.p, expected.p, 1e-8)
      expectClose(linearTrend(positions, values, { alternative: 'greater' }).p, expected.greater, 1e-8)
    }
    expect(leastSquaresSlope([0, 1], [3, 5])).toBe(2)
    expect(() => linearTrend([1, 1, 1], [1, 2, 3])).toThrow('two different positions')
  })
})

describe('proportions', () => {
  test('Wilson’s interval as statsmodels', () => {
    for (const { successes, trials, confidence, interval } of golden.proportions.wilson) {
      const [low, high] = wilsonInterval(successes, trials, { confidence }).confidenceInterval
      expect(low).toBeCloseTo(interval[0], 12)
      expect(high).toBeCloseTo(interval[1], 12)
    }
    expect(() => wilsonInterval(4, 3)).toThrow('at most 3 successes, got 4')
  })

  test('McNemar’s test as statsmodels', () => {
    for (const { onlyFirst, onlySecond, exact, corrected, plain } of golden.proportions.mcnemar) {
      expectClose(mcnemar({ onlyFirst, onlySecond }).p, exact)
      const approximate = mcnemar({ onlyFirst, onlySecond }, { method: 'chi-squared' })
      expectClose(approximate.p, corrected.p)
      expect(approximate.statistic).toBeCloseTo(corrected.statistic, 12)
      expectClose(mcnemar({ onlyFirst, onlySecond }, { method: 'chi-squared', continuity: false }).p, plain.p)
    }
    expect(mcnemar({ onlyFirst: 0, onlySecond: 0 }).p).toBe(1)
  })
})
