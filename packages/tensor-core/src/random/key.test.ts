import { describe, expect, test } from 'vitest'
import fixture from './fixtures/random.json' with { type: 'json' }
import { fillRandomBits } from './bits.js'
import { RandomKey, randomKey } from './key.js'
import { threefry2x32 } from './threefry.js'

describe('threefry2x32', () => {
  // Random123's published known-answer vectors for threefry2x32, 20 rounds
  test.each([
    { key: [0, 0], counter: [0, 0], words: [0x6b200159, 0x99ba4efe] },
    { key: [0xffffffff, 0xffffffff], counter: [0xffffffff, 0xffffffff], words: [0x1cb996fc, 0xbb002be7] },
    { key: [0x13198a2e, 0x03707344], counter: [0x243f6a88, 0x85a308d3], words: [0xc4923a9c, 0x483df7a0] },
  ] as const)('answers Random123 for key $key', ({ key, counter, words }) => {
    expect(threefry2x32(key, counter)).toEqual(words)
  })

  test('agrees with JAX', () => {
    expect(fixture.threefry.length).toBeGreaterThan(40)
    for (const [key0, key1, counter0, counter1, word0, word1] of fixture.threefry as [
      number,
      number,
      number,
      number,
      number,
      number,
    ][]) {
      expect(threefry2x32([key0, key1], [counter0, counter1])).toEqual([word0, word1])
    }
  })
})

describe('randomKey', () => {
  test('has the words of JAX', () => {
    for (const [seed, high, low] of fixture.seeds as [number, number, number][]) {
      expect(randomKey(seed).words).toEqual([high, low])
    }
  })

  test.each([-1, 1.5, NaN, 2 ** 53])('refuses the seed %s', (seed) => {
    expect(() => randomKey(seed)).toThrow(/expected an integer seed from 0/)
  })

  test('refuses words that are not two unsigned 32-bit integers', () => {
    expect(() => new RandomKey([1, -1])).toThrow(/unsigned 32-bit/)
    expect(() => new RandomKey([1] as unknown as [number, number])).toThrow(/two words, got 1/)
  })
})

describe('derived keys', () => {
  test('are stable: golden words', () => {
    const key = randomKey(7)
    expect(key.split(3).map((child) => child.words)).toEqual([
      threefry2x32(key.words, [0, 0x01000000]),
      threefry2x32(key.words, [1, 0x01000000]),
      threefry2x32(key.words, [2, 0x01000000]),
    ])
    expect(key.foldIn(2 ** 40 + 5).words).toEqual(threefry2x32(key.words, [5, 0x02000000 + 256]))
    const start = threefry2x32(key.words, [3, 0x03000000])
    expect(key.foldIn('abc').words).toEqual(threefry2x32(start, [0x00636261, 0]))
  })

  test('a longer split starts with the shorter one', () => {
    expect(randomKey(1).split(5).slice(0, 2)).toEqual(randomKey(1).split())
  })

  test('numbers, splits, integers and strings of one key never coincide', () => {
    const key = randomKey(3)
    const seen = new Set<string>()
    const bits = fillRandomBits(key, new Int32Array(4000))
    for (let i = 0; i < 4000; i += 2) seen.add(`${(bits[i] as number) >>> 0},${(bits[i + 1] as number) >>> 0}`)
    for (const child of key.split(2000)) seen.add(child.words.join())
    for (let i = 0; i < 2000; i += 1) {
      seen.add(key.foldIn(i).words.join())
      seen.add(key.foldIn(String(i)).words.join())
    }
    // 64-bit words: a chance collision has probability below 2e-12
    expect(seen.size).toBe(8000)
  })

  test('depend on every part of the data', () => {
    const key = randomKey(0)
    const texts = ['', 'a', 'b', 'ab', 'a\0', 'abcdefgh', 'abcdefgh\0', 'abcdefghi', 'é', 'e\u0301', '日本']
    expect(new Set(texts.map((text) => key.foldIn(text).words.join())).size).toBe(texts.length)
    expect(key.foldIn(1).foldIn(2).words).not.toEqual(key.foldIn(2).foldIn(1).words)
  })

  test('are not changed by use and cannot be changed', () => {
    const key = randomKey(9)
    const before = [...key.words]
    key.split(4)
    fillRandomBits(key, new Int32Array(9))
    expect(key.words).toEqual(before)
    expect(() => ((key.words as unknown as number[])[0] = 1)).toThrow()
  })

  test.each([-1, 0.5, Infinity])('refuses to fold in %s', (data) => {
    expect(() => randomKey(0).foldIn(data)).toThrow(/expected a string or an integer/)
  })
})
