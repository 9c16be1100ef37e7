import { describe, expect, test } from 'vitest'
import {
  fillBernoulli,
  fillRandomIntegers,
  randomCategorical,
  randomInteger,
  randomPermutation,
  shuffle,
} from './distributions.js'
import { randomKey } from './key.js'
import { RandomStream } from './random-stream.js'
import { fillRandomBits } from './bits.js'
import { chiSquareTail } from './test-statistics.js'

/** p-value of observed counts against expected ones. */
function uniformity(counts: ArrayLike<number>, expected: (i: number) => number): number {
  let statistic = 0
  for (let i = 0; i < counts.length; i += 1) statistic += ((counts[i] as number) - expected(i)) ** 2 / expected(i)
  return chiSquareTail(statistic, counts.length - 1)
}

const reject = 1e-6

describe('RandomStream', () => {
  test('gives the elements of the bit stream', () => {
    const stream = new RandomStream(randomKey(5))
    const bits = fillRandomBits(randomKey(5), new Int32Array(700))
    for (const word of bits) expect(stream.nextWord()).toBe(word >>> 0)
  })

  test.each([1, 2, 3, 7, 10, 1000, 3 * 2 ** 30, 2 ** 32])(
    'multiplication and rejection below %s equal exact integers',
    (bound) => {
      const stream = new RandomStream(randomKey(6))
      const words = new RandomStream(randomKey(6))
      for (let i = 0; i < 2000; i += 1) {
        let product: bigint
        do product = BigInt(words.nextWord()) * BigInt(bound)
        while ((product & 0xffffffffn) < 2n ** 32n % BigInt(bound))
        expect(stream.nextBelow(bound)).toBe(Number(product >> 32n))
      }
    },
  )

  test('bounds above 2³² stay below the bound and reach its upper part', () => {
    const stream = new RandomStream(randomKey(7))
    const bound = 5 * 2 ** 50
    const counts = new Float64Array(5)
    for (let i = 0; i < 50_000; i += 1) {
      const fifth = Math.floor(stream.nextBelow(bound) / 2 ** 50)
      counts[fifth] = (counts[fifth] as number) + 1
    }
    // a value at or above the bound would be lost outside the array
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(50_000)
    expect(uniformity(counts, () => 10_000)).toBeGreaterThan(reject)
  })

  test('an unbiased bound that a plain remainder would skew', () => {
    // word % (3·2³⁰) gives the first third of the range twice as often
    const stream = new RandomStream(randomKey(8))
    const counts = new Float64Array(3)
    for (let i = 0; i < 30_000; i += 1) {
      const third = Math.floor(stream.nextBelow(3 * 2 ** 30) / 2 ** 30)
      counts[third] = (counts[third] as number) + 1
    }
    expect(uniformity(counts, () => 10_000)).toBeGreaterThan(reject)
  })

  test('uniform numbers use all 53 bits', () => {
    const stream = new RandomStream(randomKey(9))
    let lowBits = 0
    for (let i = 0; i < 1000; i += 1) {
      const value = stream.nextUniform()
      expect(value).toBeGreaterThanOrEqual(0)
      expect(value).toBeLessThan(1)
      lowBits += (value * 2 ** 53) % 2
    }
    expect(Math.abs(lowBits - 500)).toBeLessThan(80) // five standard deviations
  })
})

describe('permutations', () => {
  test('each of the 120 orders of five is equally likely', () => {
    const counts = new Map<string, number>()
    for (let i = 0; i < 60_000; i += 1) {
      const order = randomPermutation(randomKey(i), 5).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(120)
    expect(uniformity([...counts.values()], () => 500)).toBeGreaterThan(reject)
  })

  test('hold every index once', () => {
    expect([...randomPermutation(randomKey(1), 1000)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 1000 }, (_, i) => i),
    )
    expect([...randomPermutation(randomKey(1), 0)]).toEqual([])
    expect([...randomPermutation(randomKey(1), 1)]).toEqual([0])
  })

  test('shuffle arranges any values in the same order', () => {
    const order = randomPermutation(randomKey(2), 4)
    const letters = ['a', 'b', 'c', 'd']
    expect(shuffle(randomKey(2), [...letters])).toEqual([...order].map((i) => letters[i]))
  })
})

describe('other distributions', () => {
  test('integers fill a range evenly', () => {
    const values = fillRandomIntegers(randomKey(3), new Int32Array(70_000), { low: -3, high: 4 })
    const counts = new Float64Array(7)
    for (const value of values) counts[value + 3] = (counts[value + 3] as number) + 1
    expect(uniformity(counts, () => 10_000)).toBeGreaterThan(reject)
    expect(randomInteger(randomKey(3), 1)).toBe(0)
  })

  test('categorical draws follow the weights and never take a weight of 0', () => {
    const weights = [0, 1, 2, 0, 4, 3, 0]
    const counts = new Float64Array(7)
    for (const index of randomCategorical(randomKey(4), weights, 100_000)) counts[index] = (counts[index] as number) + 1
    expect([counts[0], counts[3], counts[6]]).toEqual([0, 0, 0])
    expect(
      uniformity(
        [1, 2, 4, 5].map((i) => counts[i] as number),
        (i) => [10_000, 20_000, 40_000, 30_000][i] as number,
      ),
    ).toBeGreaterThan(reject)
  })

  test('bernoulli holds its probability; 0 and 1 are certain', () => {
    const ones = fillBernoulli(randomKey(5), new Uint8Array(100_000), 0.3).reduce((sum, bit) => sum + bit, 0)
    expect(Math.abs(ones - 30_000)).toBeLessThan(5 * Math.sqrt(100_000 * 0.21))
    expect(fillBernoulli(randomKey(5), new Uint8Array(1000), 0)).not.toContain(1)
    expect(fillBernoulli(randomKey(5), new Uint8Array(1000), 1)).not.toContain(0)
  })

  test('impossible arguments are refused', () => {
    expect(() => fillBernoulli(randomKey(0), new Uint8Array(1), 1.1)).toThrow(/probability from 0 to 1, got 1.1/)
    expect(() => randomCategorical(randomKey(0), [1, -2], 1)).toThrow(/got -2 at index 1/)
    expect(() => randomCategorical(randomKey(0), [0, 0], 1)).toThrow(/positive finite sum/)
    expect(() => fillRandomIntegers(randomKey(0), [0], { low: 3, high: 3 })).toThrow(/low < high/)
    expect(() => randomPermutation(randomKey(0), -1)).toThrow(/count from 0/)
  })
})
