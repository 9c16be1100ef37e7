import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EvalError } from '../errors.js'
import { pairedEquivalenceTest } from './equivalence-test.js'
import { expectClose, golden } from './fixtures/golden.js'
import { pairedTTest } from './paired-t-test.js'
import { minimumDetectableEffect, pairedTTestPower } from './power.js'
import { seededRandom } from './seeded-random.js'
import { signFlipTest } from './sign-flip-test.js'
import { signTest } from './sign-test.js'
import { normalQuantile } from './normal.js'

const sides = ['two-sided', 'less', 'greater'] as const

describe('against SciPy and statsmodels', () => {
  for (const [index, { first, second, t, tost, sign, signFlip }] of golden.paired.entries()) {
    test(`paired sample ${index}, n = ${first.length}`, () => {
      const result = pairedTTest(first, second)
      expectClose(result.statistic, t.statistic)
      expectClose(result.p, t.p)
      expectClose(result.effectSize, t.dz)
      expectClose(result.confidenceInterval[0], t.ci95[0])
      expectClose(result.confidenceInterval[1], t.ci95[1])
      expectClose(pairedTTest(first, second, { confidence: 0.9 }).confidenceInterval[0], t.ci90[0])
      expectClose(pairedTTest(first, second, { alternative: 'less' }).p, t.less)
      expectClose(pairedTTest(first, second, { alternative: 'greater' }).p, t.greater)
      expectClose(pairedTTest(first, second, { alternative: 'less', difference: 0.1 }).p, t.shifted)

      const same = pairedEquivalenceTest(first, second, { margin: 0.1 })
      expectClose(same.p, tost.p)
      expectClose(same.pLower, tost.pLower)
      expectClose(same.pUpper, tost.pUpper)
      expectClose(same.confidenceInterval[1], t.ci90[1])

      for (const alternative of sides) {
        expectClose(signTest(first, second, { alternative }).p, sign[alternative])
        if (signFlip[alternative] !== undefined) {
          const flipped = signFlipTest(first, second, { alternative })
          expect(flipped.exact).toBe(true)
          expectClose(flipped.p, signFlip[alternative])
        }
      }
    })
  }

  test('power and the smallest detectable effect', () => {
    for (const { n, alpha, power, dz, powerAtHalf } of golden.power) {
      expectClose(minimumDetectableEffect({ n, alpha, power }), dz, 1e-8, `n ${n}`)
      expectClose(pairedTTestPower({ dz: 0.5, n, alpha }), powerAtHalf, 1e-9, `n ${n}`)
    }
    expect(minimumDetectableEffect({ n: 400 }) * 20).toBeCloseTo(normalQuantile(0.975) + normalQuantile(0.8), 1)
  })
})

describe('properties', () => {
  const sample = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 3, maxLength: 10 })

  test('exchanging the samples exchanges the sides', () => {
    fc.assert(
      fc.property(sample, (values) => {
        const zeros = values.map(() => 0)
        expect(pairedTTest(values, zeros, { alternative: 'less' }).p).toBeCloseTo(
          pairedTTest(zeros, values, { alternative: 'greater' }).p,
          12,
        )
        expect(signFlipTest(values, zeros, { alternative: 'less' }).p).toBeCloseTo(
          signFlipTest(zeros, values, { alternative: 'greater' }).p,
          12,
        )
        expect(signTest(values, zeros).p).toBeCloseTo(signTest(zeros, values).p, 12)
      }),
      { numRuns: 50, seed: 2 },
    )
  })

  test('TOST is below α exactly when its interval lies within the margin', () => {
    fc.assert(
      fc.property(sample, fc.double({ min: 0.1, max: 4, noNaN: true }), (values, margin) => {
        const { p, confidenceInterval } = pairedEquivalenceTest(
          values,
          values.map(() => 0),
          { margin },
        )
        fc.pre(Math.abs(p - 0.05) > 1e-9)
        expect(p < 0.05).toBe(confidenceInterval[0] > -margin && confidenceInterval[1] < margin)
      }),
      { numRuns: 200, seed: 3 },
    )
  })

  test('sign-flip p values under the null are valid and close to uniform', () => {
    const random = seededRandom(5)
    const levels = [0.05, 0.1, 0.25, 0.5]
    const hits = levels.map(() => 0)
    const trials = 3000
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 9 }, () => random() - 0.5)
      const { p } = signFlipTest(
        values,
        values.map(() => 0),
        { alternative: 'less' },
      )
      levels.forEach((level, index) => (hits[index]! += p <= level ? 1 : 0))
    }
    levels.forEach((level, index) => {
      const error = 4 * Math.sqrt((level * (1 - level)) / trials)
      expect(Math.abs(hits[index]! / trials - level), `level ${level}`).toBeLessThan(error + 1 / 512)
    })
  })

  test('the Monte-Carlo p agrees with the exact one and never is 0', () => {
    const random = seededRandom(8)
    const values = Array.from({ length: 12 }, () => random() - 0.3)
    const zeros = values.map(() => 0)
    const exact = signFlipTest(values, zeros).p
    const sampled = signFlipTest(values, zeros, { exactLimit: 5, resamples: 20_000, seed: 3 })
    expect(sampled.exact).toBe(false)
    expect(Math.abs(sampled.p - exact)).toBeLessThan(0.015)
    const extreme = signFlipTest(
      Array.from({ length: 40 }, () => 1),
      Array.from({ length: 40 }, () => 0),
      { resamples: 99, seed: 1 },
    )
    expect(extreme.p).toBeCloseTo(0.02, 12)
    expect(() =>
      signFlipTest(
        Array.from({ length: 40 }, () => 1),
        Array.from({ length: 40 }, () => 0),
      ),
    ).toThrow('`seed`')
  })

  test('95 % intervals cover the true mean 95 % of the time', () => {
    const random = seededRandom(11)
    let covered = 0
    const trials = 4000
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 6 }, () => normalQuantile(random() * 0.999998 + 1e-6) + 2)
      const [low, high] = pairedTTest(
        values,
        values.map(() => 0),
      ).confidenceInterval
      if (low <= 2 && high >= 2) covered++
    }
    expect(Math.abs(covered / trials - 0.95)).toBeLessThan(0.015)
  })
})

describe('limits and bad input', () => {
  test('without any spread, p is 1 at the null and 0 away from it', () => {
    expect(pairedTTest([1, 2, 3], [1, 2, 3]).p).toBe(1)
    expect(pairedTTest([2, 3, 4], [1, 2, 3], { alternative: 'greater' }).p).toBe(0)
    expect(pairedTTest([2, 3, 4], [1, 2, 3], { alternative: 'less' }).p).toBe(1)
    expect(signTest([1, 1], [1, 1])).toEqual({ positive: 0, negative: 0, n: 0, p: 1 })
  })

  test('unequal lengths, too few and not-a-number are refused with what to do', () => {
    expect(() => pairedTTest([1, 2, 3], [1, 2])).toThrow('expected pairs, got 3 values in `first` and 2 in `second`')
    expect(() => pairedTTest([1], [1])).toThrow('at least 2 values in `first`, got 1')
    expect(() => pairedTTest([1, Number.NaN], [1, 2])).toThrow('got NaN at index 1')
    expect(() => pairedTTest([1, 2], [1, 3], { alternative: 'lesser' as 'less' })).toThrow("got 'lesser'")
    expect(() => pairedEquivalenceTest([1, 2], [1, 3], { margin: 0 })).toThrow('`margin`')
    try {
      pairedTTest([1], [1])
    } catch (error) {
      expect(EvalError.isInstance(error)).toBe(true)
      expect((error as EvalError).code).toBe('invalid-sample')
    }
  })
})
