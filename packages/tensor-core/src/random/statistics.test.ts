import { describe, expect, test } from 'vitest'
import { fillRandomBits } from './bits.js'
import { randomKey, type RandomKey } from './key.js'
import { fillRandomNormal } from './normal.js'
import { chiSquareTail, kolmogorovTail, normalTail } from './test-statistics.js'
import { fillRandomUniform } from './uniform.js'

// A correct generator fails one of these with probability below `reject`; the seeds are fixed, so in fact never.
// The last group shows that the same statistics catch generators that are a little wrong.
const reject = 1e-6
const size = 1_000_000

type Numbers = Float32Array | Float64Array

function correlation(a: Numbers, b: Numbers, lag: number, mean: number, variance: number): number {
  let sum = 0
  const count = a.length - lag
  for (let i = 0; i < count; i += 1) sum += ((a[i] as number) - mean) * ((b[i + lag] as number) - mean)
  return normalTail(sum / variance / Math.sqrt(count))
}

function cellTail(values: Numbers, cells: number): number {
  const counts = new Float64Array(cells)
  for (const value of values) {
    const cell = Math.floor(value * cells)
    counts[cell] = (counts[cell] as number) + 1
  }
  const expected = values.length / cells
  return chiSquareTail(
    counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0),
    cells - 1,
  )
}

/** Pairs (xᵢ, xᵢ₊₁) in a square grid. */
function pairTail(values: Numbers, cells: number): number {
  const pairs = new Float64Array(Math.floor(values.length / 2))
  for (let i = 0; i < pairs.length; i += 1) {
    pairs[i] = (Math.floor((values[2 * i] as number) * cells) + (values[2 * i + 1] as number)) / cells
  }
  return cellTail(pairs, cells * cells)
}

function momentTail(values: Numbers, power: number, expected: number, expectedSquare: number): number {
  let sum = 0
  for (const value of values) sum += value ** power
  const deviation = Math.sqrt((expectedSquare - expected ** 2) / values.length)
  return normalTail((sum / values.length - expected) / deviation)
}

function normalDistribution(x: number): number {
  const upper = normalTail(Math.abs(x)) / 2
  return x > 0 ? 1 - upper : upper
}

const uniforms = (key: RandomKey): Float32Array => fillRandomUniform(key, new Float32Array(size))
const normals = (key: RandomKey): Float32Array => fillRandomNormal(key, new Float32Array(size))

describe('bits', () => {
  test('each of the 32 positions is fair, and no two go together', () => {
    const bits = fillRandomBits(randomKey(1), new Int32Array(200_000))
    const ones = new Float64Array(32)
    const both = new Float64Array(32)
    for (const word of bits) {
      for (let position = 0; position < 32; position += 1) {
        const bit = (word >>> position) & 1
        ones[position] = (ones[position] as number) + bit
        both[position] = (both[position] as number) + (bit ^ ((word >>> (position + 1) % 32) & 1))
      }
    }
    const deviation = Math.sqrt(bits.length / 4)
    for (const count of [...ones, ...both])
      expect(normalTail((count - bits.length / 2) / deviation)).toBeGreaterThan(reject)
  })

  test('one flipped bit of key or counter flips half of the output', () => {
    const base = fillRandomBits([5, 6], new Int32Array(2000))
    let flipped = 0
    for (let bit = 0; bit < 32; bit += 1) {
      const other = fillRandomBits([5, (6 ^ (1 << bit)) >>> 0], new Int32Array(2000))
      for (let i = 0; i < 2000; i += 1) {
        for (let word = (base[i] as number) ^ (other[i] as number); word !== 0; word &= word - 1) flipped += 1
      }
    }
    const count = 32 * 32 * 2000
    expect(normalTail((flipped - count / 2) / Math.sqrt(count / 4))).toBeGreaterThan(reject)
  })
})

describe('uniform numbers', () => {
  const values = uniforms(randomKey(2))

  test('have the moments of [0, 1)', () => {
    for (const power of [1, 2, 3, 4]) {
      expect(momentTail(values, power, 1 / (power + 1), 1 / (2 * power + 1))).toBeGreaterThan(reject)
    }
  })

  test('fill 1000 cells and a grid of pairs evenly', () => {
    expect(cellTail(values, 1000)).toBeGreaterThan(reject)
    expect(pairTail(values, 64)).toBeGreaterThan(reject)
  })

  test('pass Kolmogorov–Smirnov', () => {
    expect(kolmogorovTail(values.slice(0, 100_000).sort(), (x) => x)).toBeGreaterThan(reject)
  })

  test('are not correlated at any lag up to 64', () => {
    for (let lag = 1; lag <= 64; lag += 1) expect(correlation(values, values, lag, 0.5, 1 / 12)).toBeGreaterThan(reject)
  })

  test('reach neither below 0 nor 1', () => {
    for (const value of values) if (!(value >= 0 && value < 1)) throw new Error(`${value} is outside [0, 1)`)
    expect(Math.max(...values.subarray(0, 100_000))).toBeGreaterThan(0.9999)
  })
})

describe('normal numbers', () => {
  const values = normals(randomKey(3))

  test('have the moments of N(0, 1)', () => {
    for (const [power, expected, square] of [
      [1, 0, 1],
      [2, 1, 3],
      [3, 0, 15],
      [4, 3, 105],
      [6, 15, 10395],
    ] as const) {
      expect(momentTail(values, power, expected, square)).toBeGreaterThan(reject)
    }
  })

  test('pass Kolmogorov–Smirnov', () => {
    expect(kolmogorovTail(values.slice(0, 100_000).sort(), normalDistribution)).toBeGreaterThan(reject)
  })

  test('have the right tails', () => {
    const beyond = values.reduce((count, value) => count + (Math.abs(value) > 3 ? 1 : 0), 0)
    const expected = size * normalTail(3)
    expect(normalTail((beyond - expected) / Math.sqrt(expected))).toBeGreaterThan(reject)
  })

  test('are not correlated at any lag up to 64', () => {
    for (let lag = 1; lag <= 64; lag += 1) expect(correlation(values, values, lag, 0, 1)).toBeGreaterThan(reject)
  })
})

describe('derived keys', () => {
  const parent = randomKey(4)
  const [first, second] = parent.split() as [RandomKey, RandomKey]

  test('parent, siblings, folded keys and neighbouring seeds are independent', () => {
    const streams = [parent, first, second, parent.foldIn(0), parent.foldIn(1), parent.foldIn('0'), randomKey(5)].map(
      uniforms,
    )
    for (let i = 0; i < streams.length; i += 1) {
      for (let j = 0; j < i; j += 1) {
        for (const lag of [0, 1, 2]) {
          expect(correlation(streams[i] as Float32Array, streams[j] as Float32Array, lag, 0.5, 1 / 12)).toBeGreaterThan(
            reject,
          )
        }
      }
    }
  })

  test('the first numbers of many split and folded keys are themselves uniform', () => {
    const one = new Float32Array(1)
    const firsts = Float32Array.from(parent.split(100_000), (child) => fillRandomUniform(child, one)[0] as number)
    const folded = Float32Array.from(
      { length: 100_000 },
      (_, i) => fillRandomUniform(parent.foldIn(i), one)[0] as number,
    )
    for (const values of [firsts, folded]) {
      expect(cellTail(values, 256)).toBeGreaterThan(reject)
      expect(pairTail(values, 16)).toBeGreaterThan(reject)
      expect(correlation(values, values, 1, 0.5, 1 / 12)).toBeGreaterThan(reject)
    }
    expect(correlation(firsts, folded, 0, 0.5, 1 / 12)).toBeGreaterThan(reject)
  })
})

describe('the statistics catch generators that are wrong', () => {
  const good = uniforms(randomKey(2))

  test('a slightly uneven one', () => {
    expect(
      cellTail(
        good.map((x) => x ** 1.02),
        1000,
      ),
    ).toBeLessThan(reject)
    expect(
      kolmogorovTail(
        good
          .slice(0, 100_000)
          .map((x) => x ** 1.02)
          .sort(),
        (x) => x,
      ),
    ).toBeLessThan(reject)
    expect(
      momentTail(
        good.map((x) => x * 0.995),
        1,
        1 / 2,
        1 / 3,
      ),
    ).toBeLessThan(reject)
  })

  test('one whose neighbours lean on each other', () => {
    const leaning = good.map((x, i) => (i % 2 === 0 ? x : 0.95 * x + 0.05 * (good[i - 1] as number)))
    const echo = good.map((x, i) => (i > 0 && i % 100 === 0 ? (good[i - 1] as number) : x))
    expect(pairTail(leaning, 64)).toBeLessThan(reject)
    expect(correlation(echo, echo, 1, 0.5, 1 / 12)).toBeLessThan(reject)
  })

  test('normals from too few summed uniforms', () => {
    const sums = new Float32Array(160_000).map(
      (_, i) => Math.SQRT2 * good.subarray(6 * i, 6 * i + 6).reduce((a, b) => a + b, -3),
    )
    expect(momentTail(sums, 4, 3, 105)).toBeLessThan(reject)
  })
})
