import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { binomialCdf, binomialCoefficient, binomialUpperTail } from './binomial.js'
import { chiSquaredCdf, chiSquaredQuantile, chiSquaredUpperTail } from './chi-squared.js'
import { fCdf, fQuantile, fUpperTail } from './f-distribution.js'
import { expectClose, golden } from './fixtures/golden.js'
import { normalCdf, normalQuantile } from './normal.js'
import { logGamma } from './special-functions.js'
import { noncentralTCdf, studentTCdf, studentTQuantile, studentTUpperTail } from './student-t.js'

const { distributions } = golden

describe('against SciPy, relative error below 1e-10', () => {
  test('Student t', () => {
    for (const { t, degreesOfFreedom, cdf, upperTail } of distributions.studentT) {
      expectClose(studentTCdf(t, degreesOfFreedom), cdf, 1e-10, `cdf(${t}, ${degreesOfFreedom})`)
      expectClose(studentTUpperTail(t, degreesOfFreedom), upperTail, 1e-10, `upperTail(${t}, ${degreesOfFreedom})`)
    }
    for (const { probability, degreesOfFreedom, quantile } of distributions.studentTQuantile) {
      expectClose(
        studentTQuantile(probability, degreesOfFreedom),
        quantile,
        1e-10,
        `quantile(${probability}, ${degreesOfFreedom})`,
      )
    }
  })

  test('noncentral t, absolute', () => {
    for (const { t, degreesOfFreedom, noncentrality, cdf } of distributions.noncentralT) {
      expect(Math.abs(noncentralTCdf(t, degreesOfFreedom, noncentrality) - cdf)).toBeLessThan(1e-10)
    }
  })

  test('normal', () => {
    for (const { z, cdf } of distributions.normal) expectClose(normalCdf(z), cdf, 1e-10, `cdf(${z})`)
    for (const { probability, quantile } of distributions.normalQuantile) {
      if (quantile === 0) expect(normalQuantile(probability)).toBe(0)
      else expectClose(normalQuantile(probability), quantile, 1e-12, `quantile(${probability})`)
    }
  })

  test('chi-squared', () => {
    for (const { x, degreesOfFreedom, cdf, upperTail } of distributions.chiSquared) {
      expectClose(chiSquaredCdf(x, degreesOfFreedom), cdf, 1e-10, `cdf(${x}, ${degreesOfFreedom})`)
      expectClose(chiSquaredUpperTail(x, degreesOfFreedom), upperTail, 1e-10, `upperTail(${x}, ${degreesOfFreedom})`)
    }
    for (const { probability, degreesOfFreedom, quantile } of distributions.chiSquaredQuantile) {
      expectClose(
        chiSquaredQuantile(probability, degreesOfFreedom),
        quantile,
        1e-10,
        `quantile(${probability}, ${degreesOfFreedom})`,
      )
    }
  })

  test('F', () => {
    for (const { x, numerator, denominator, cdf, upperTail } of distributions.f) {
      expectClose(fCdf(x, numerator, denominator), cdf)
      expectClose(fUpperTail(x, numerator, denominator), upperTail)
    }
    for (const { probability, numerator, denominator, quantile } of distributions.fQuantile) {
      expectClose(fQuantile(probability, numerator, denominator), quantile)
    }
  })

  test('binomial', () => {
    for (const { successes, trials, probability, cdf, upperTail } of distributions.binomial) {
      expectClose(binomialCdf(successes, trials, probability), cdf, 1e-10, `cdf(${successes}, ${trials})`)
      expectClose(binomialUpperTail(successes, trials, probability), upperTail, 1e-10, `tail(${successes}, ${trials})`)
    }
  })
})

describe('identities', () => {
  test('log-gamma of whole numbers is the log of a factorial', () => {
    let factorial = 1
    for (let n = 1; n <= 20; n++) {
      expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 11)
      factorial *= n
    }
  })

  test('quantiles undo distribution functions', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }), fc.integer({ min: 1, max: 500 }), (p, df) => {
        expectClose(studentTCdf(studentTQuantile(p, df), df), p, 1e-9)
        expectClose(normalCdf(normalQuantile(p)), p, 1e-9)
        expectClose(chiSquaredCdf(chiSquaredQuantile(p, df), df), p, 1e-9)
        expectClose(fCdf(fQuantile(p, df, 7), df, 7), p, 1e-9)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  test('t² with one numerator degree is F, and t with many degrees is normal', () => {
    expectClose(2 * studentTUpperTail(2.3, 9), fUpperTail(2.3 ** 2, 1, 9), 1e-12)
    expect(studentTCdf(1.5, 1e9)).toBeCloseTo(normalCdf(1.5), 8)
    expectClose(noncentralTCdf(1.2, 6, 0), studentTCdf(1.2, 6), 1e-11)
  })

  test('binomial coefficients by Pascal’s rule', () => {
    for (let n = 1; n < 40; n++) {
      for (let k = 1; k < n; k++) {
        expect(binomialCoefficient(n, k)).toBe(binomialCoefficient(n - 1, k - 1) + binomialCoefficient(n - 1, k))
      }
    }
    expectClose(binomialCoefficient(200, 100), 9.054851465610328e58, 1e-10)
    expect(binomialCoefficient(3, 5)).toBe(0)
  })

  test('a probability outside (0, 1) is refused by name', () => {
    expect(() => studentTQuantile(1, 5)).toThrow('`probability` between 0 and 1, got 1')
    expect(() => studentTQuantile(0.5, 0)).toThrow('`degreesOfFreedom`')
  })
})
