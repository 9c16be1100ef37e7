import fc from 'fast-check'
import { expect, test } from 'vitest'
import { largestIndices } from './largest-indices.js'

const vectors = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values))
// Few distinct magnitudes, so that ties decide.
const tiedVectors = fc
  .array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 60 })
  .map((values) => Float32Array.from(values))

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

test('a NaN is kept, never dropped silently', () => {
  expect([...largestIndices(Float32Array.of(5, NaN, 9), 1)]).toEqual([1])
})

test('refuses to choose more than there are', () => {
  expect(() => largestIndices(Float32Array.of(1), 2)).toThrow(/from 0 to 1, got 2/)
})
