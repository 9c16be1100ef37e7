import { randomKey, RandomStream } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { drawDirichlet, drawLogGamma } from './dirichlet.js'

const stream = (seed: number): RandomStream => new RandomStream(randomKey(seed))

/** Largest distance between the empirical distribution of the samples and a distribution function (Kolmogorov–Smirnov). */
function distance(samples: readonly number[], distribution: (x: number) => number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return Math.max(
    ...sorted.map((x, at) =>
      Math.max((at + 1) / sorted.length - distribution(x), distribution(x) - at / sorted.length),
    ),
  )
}

// Distribution functions of the gamma distribution with closed forms.
test.each([
  [1, (x: number) => 1 - Math.exp(-x)],
  [2, (x: number) => 1 - Math.exp(-x) * (1 + x)],
  [5, (x: number) => 1 - Math.exp(-x) * (1 + x + x ** 2 / 2 + x ** 3 / 6 + x ** 4 / 24)],
])('gamma variates of shape %d follow their distribution', (shape, distribution) => {
  const source = stream(shape)
  const samples = Array.from({ length: 20_000 }, () => Math.exp(drawLogGamma(source, shape)))
  expect(distance(samples, distribution)).toBeLessThan(1.95 / Math.sqrt(20_000)) // 0.999 quantile
})

test('two shares of concentration 1/2 follow the arcsine law, of concentration 1 the uniform one', () => {
  const first = (concentration: number): number[] => {
    const source = stream(17)
    return Array.from({ length: 20_000 }, () => drawDirichlet(source, concentration, 2)[0])
  }
  const limit = 1.95 / Math.sqrt(20_000)
  expect(distance(first(0.5), (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)))).toBeLessThan(limit)
  expect(distance(first(1), (x) => x)).toBeLessThan(limit)
  expect(distance(first(2), (x) => x)).toBeGreaterThan(limit) // the test can tell them apart
})

test('shares sum to 1 even where every gamma variate underflows', () => {
  const source = stream(2)
  for (let draw = 0; draw < 200; draw++) {
    const shares = drawDirichlet(source, 0.001, 10)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
  }
})

test('variance of a share is (1/n)(1 − 1/n)/(nα + 1)', () => {
  const [size, concentration, draws] = [5, 0.3, 20_000]
  const source = stream(4)
  let squares = 0
  for (let draw = 0; draw < draws; draw++) squares += (drawDirichlet(source, concentration, size)[2] - 1 / size) ** 2
  const expected = ((1 / size) * (1 - 1 / size)) / (size * concentration + 1)
  expect(Math.abs(squares / draws / expected - 1)).toBeLessThan(0.05)
})
