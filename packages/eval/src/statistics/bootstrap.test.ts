import { describe, expect, test } from 'vitest'
import { bcaInterval, bootstrap, hierarchicalBootstrap, pairedBootstrap, percentileInterval } from './bootstrap.js'
import { mean, median, quantile, standardDeviation, standardError, variance } from './descriptive.js'
import { expectClose, golden } from './fixtures/golden.js'
import { normalQuantile } from './normal.js'
import { seededRandom } from './seeded-random.js'

describe('one sample', () => {
  test('as NumPy', () => {
    const { values, quantiles, ...expected } = golden.descriptive
    expectClose(mean(values), expected.mean, 1e-14)
    expectClose(variance(values), expected.variance, 1e-13)
    expectClose(standardDeviation(values), expected.standardDeviation, 1e-13)
    expectClose(standardError(values), expected.standardError, 1e-13)
    for (const { probability, value } of quantiles) expectClose(quantile(values, probability), value, 1e-13)
    expect(median([3, 1, 2, 10])).toBe(2.5)
  })

  test('the mean does not lose small values beside large ones', () => {
    expect(mean([1e16, 1, -1e16, 1])).toBe(0.5)
  })

  test('empty samples are refused', () => {
    expect(() => mean([])).toThrow('at least 1 values')
    expect(() => quantile([1], 1.5)).toThrow('`probability` in [0, 1]')
  })
})

describe('bootstrap', () => {
  test('BCa and percentile intervals of the same resamples as SciPy', () => {
    for (const { statistic, values, distribution, bca, percentile } of golden.bootstrap) {
      const of = statistic === 'mean' ? mean : variance
      const jackknife = values.map((_: number, left: number) =>
        of(values.filter((_: number, index: number) => index !== left)),
      )
      const interval = bcaInterval(distribution, of(values), jackknife, 0.95)
      expectClose(interval[0], bca[0], 1e-10)
      expectClose(interval[1], bca[1], 1e-10)
      const plain = percentileInterval(distribution, 0.95)
      expectClose(plain[0], percentile[0], 1e-12)
      expectClose(plain[1], percentile[1], 1e-12)
    }
  })

  test('is the same for the same seed and differs for another', () => {
    const values = [1, 4, 2, 8, 5, 7]
    expect(bootstrap(values, { seed: 1 })).toEqual(bootstrap(values, { seed: 1 }))
    expect(bootstrap(values, { seed: 1 })).not.toEqual(bootstrap(values, { seed: 2 }))
    expect(bootstrap(values, { random: seededRandom(1) })).toEqual(bootstrap(values, { seed: 1 }))
    expect(() => bootstrap(values, {} as { seed: number })).toThrow('expected `seed`')
  })

  test('of a mean has about the standard error of the mean', () => {
    const random = seededRandom(3)
    const values = Array.from({ length: 60 }, () => random())
    const result = bootstrap(values, { seed: 9, method: 'percentile' })
    expect(result.standardError / (standardError(values) * Math.sqrt(59 / 60))).toBeCloseTo(1, 1)
  })

  test('of pairs is that of their differences', () => {
    expect(pairedBootstrap([3, 5, 9], [1, 1, 1], { seed: 4 })).toEqual(bootstrap([2, 4, 8], { seed: 4 }))
  })

  test('intervals cover the true mean about as often as they say', () => {
    const random = seededRandom(21)
    const covered = { bca: 0, percentile: 0 }
    const trials = 400
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 30 }, () => -Math.log(1 - random()))
      for (const method of ['bca', 'percentile'] as const) {
        const [low, high] = bootstrap(values, { random, resamples: 400, method }).confidenceInterval
        if (low <= 1 && high >= 1) covered[method]++
      }
    }
    for (const method of ['bca', 'percentile'] as const) {
      expect(covered[method] / trials, method).toBeGreaterThan(0.88)
      expect(covered[method] / trials, method).toBeLessThan(0.99)
    }
  })

  test('over seeds and sequences is wider than over sequences alone, and as wide as the seeds demand', () => {
    const random = seededRandom(31)
    const normal = () => normalQuantile(random() * 0.999998 + 1e-6)
    const groups = Array.from({ length: 12 }, () => {
      const seed = normal()
      return Array.from({ length: 50 }, () => seed + 0.1 * normal())
    })
    const nested = hierarchicalBootstrap(groups, { seed: 5, resamples: 3000 })
    const pooled = bootstrap(groups.flat(), { seed: 5, resamples: 1000, method: 'percentile' })
    expect(nested.value).toBeCloseTo(mean(groups.flat()), 12)
    expect(nested.standardError).toBeGreaterThan(2 * pooled.standardError)
    const ofMeans = standardError(groups.map((group) => mean(group)))
    expect(nested.standardError / ofMeans).toBeGreaterThan(0.85)
    expect(nested.standardError / ofMeans).toBeLessThan(1.1)
  })
})

describe('seeded random numbers', () => {
  test('are uniform, independent in pairs, and the same everywhere', () => {
    const random = seededRandom(42)
    const first = [random(), random(), random()]
    expect(first).toEqual(
      [...Array(3)].map(
        (
          (again) => () =>
            again()
        )(seededRandom(42)),
      ),
    )
    const values = Array.from({ length: 20_000 }, () => random())
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    const cells = new Array<number>(100).fill(0)
    for (let index = 0; index < values.length; index += 2) {
      cells[Math.floor(values[index]! * 10) * 10 + Math.floor(values[index + 1]! * 10)]!++
    }
    const chi = cells.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)
    expect(chi).toBeGreaterThan(61)
    expect(chi).toBeLessThan(149)
  })

  test('of neighbouring seeds are unrelated', () => {
    const firsts = Array.from({ length: 2000 }, (_, seed) => seededRandom(seed)())
    expect(mean(firsts)).toBeCloseTo(0.5, 1)
    const products = firsts.slice(1).map((value, index) => (value - 0.5) * (firsts[index]! - 0.5))
    expect(Math.abs(mean(products))).toBeLessThan(0.008)
    expect(() => seededRandom(1.5)).toThrow('whole number')
  })
})
