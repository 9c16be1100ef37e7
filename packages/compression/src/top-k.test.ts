import fc from 'fast-check'
import { expect, test } from 'vitest'
import { largestIndices, payloadBytes, topK, uncompressed } from './index.js'

const vectors = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values))
// Few distinct magnitudes, so that ties decide.
const tiedVectors = fc
  .array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 60 })
  .map((values) => Float32Array.from(values))
const squares = (vector: Float32Array): number => vector.reduce((sum, value) => sum + value * value, 0)

/** The definition, by a full sort: magnitude descending, then index ascending. */
function sortedSelection(vector: Float32Array, k: number): number[] {
  return [...vector.keys()]
    .sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a]) || a - b)
    .slice(0, k)
    .sort((a, b) => a - b)
}

test('selection equals a full sort, ties included', () => {
  fc.assert(
    fc.property(fc.oneof(vectors, tiedVectors), fc.double({ min: 0, max: 1, noNaN: true }), (vector, share) => {
      const k = Math.round(share * vector.length)
      expect([...largestIndices(vector, k)]).toEqual(sortedSelection(vector, k))
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['ascending', (index: number) => index, 199_000],
  ['descending', (index: number) => 200_000 - index, 0],
  ['constant', () => 1, 0],
])('large %s input', (_, value, first) => {
  const vector = Float32Array.from({ length: 200_000 }, (__, index) => value(index))
  expect([...largestIndices(vector, 1000)]).toEqual(Array.from({ length: 1000 }, (__, index) => first + index))
})

test('the error obeys the contraction (1 − k/d)', () => {
  fc.assert(
    fc.property(tiedVectors, fc.double({ min: 0.01, max: 1, noNaN: true }), (vector, fraction) => {
      const compressor = topK({ fraction })
      const back = compressor.decompress(compressor.compress(vector))
      const k = Math.max(1, Math.floor(fraction * vector.length))
      expect(squares(vector.map((value, index) => value - back[index]))).toBeLessThanOrEqual(
        (1 - k / vector.length) * squares(vector) + 1e-9,
      )
    }),
  )
})

test('keeping everything is the identity', () => {
  const vector = Float32Array.of(3, -1, 0, 2)
  for (const compressor of [topK({ fraction: 1 }), uncompressed()])
    expect(compressor.decompress(compressor.compress(vector))).toEqual(vector)
})

test('bytes: 8 for each kept entry, 4 for each entry uncompressed', () => {
  const vector = new Float32Array(1000).fill(1)
  expect(payloadBytes(topK({ fraction: 0.05 }).compress(vector))).toBe(400)
  expect(payloadBytes(uncompressed().compress(vector))).toBe(4000)
})

test('a NaN is kept, never dropped silently', () => {
  expect([...largestIndices(Float32Array.of(5, NaN, 9), 1)]).toEqual([1])
})

test('an empty vector has an empty payload', () => {
  const compressor = topK({ fraction: 0.1 })
  expect(compressor.decompress(compressor.compress(new Float32Array(0)))).toEqual(new Float32Array(0))
})

test.each([0, -1, 1.5, NaN])('refuses the fraction %d', (fraction) => {
  expect(() => topK({ fraction })).toThrow(/"fraction" above 0 and at most 1/)
})

test('refuses payloads of another compressor', () => {
  const payload = uncompressed().compress(Float32Array.of(1))
  expect(() => topK({ fraction: 1 }).decompress(payload)).toThrow(/int32 "indices"/)
  expect(() =>
    topK({ fraction: 1 }).decompress({ length: 1, parts: { indices: Int32Array.of(1), values: Float32Array.of(1) } }),
  ).toThrow(/from 0 to 0, not 1/)
  expect(() => uncompressed().decompress({ length: 2, parts: { values: Float32Array.of(1) } })).toThrow(/2 float32/)
})
