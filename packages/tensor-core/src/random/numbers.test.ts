import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import fixture from './fixtures/random.json' with { type: 'json' }
import { fillRandomBits } from './bits.js'
import { fillRandomNormal, standardNormalFromBits } from './normal.js'
import { fillRandomUniform } from './uniform.js'

const { stream } = fixture
const key = stream.key as [number, number]

const digest = (array: Int32Array | Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex')

describe('the specification (an independent NumPy and JAX implementation)', () => {
  test('bits', () => {
    const bits = fillRandomBits(key, new Int32Array(stream.count))
    expect([...bits.subarray(0, 6)]).toEqual(stream.firstBits)
    expect(digest(bits)).toBe(stream.bitsSha256)
  })

  test('uniform numbers', () => {
    expect(digest(fillRandomUniform(key, new Float32Array(stream.count)))).toBe(stream.uniformSha256)
  })

  test('normal numbers', () => {
    const normals = fillRandomNormal(key, new Float32Array(stream.count))
    expect([...normals.subarray(0, 6)]).toEqual(stream.firstNormals)
    expect(digest(normals)).toBe(stream.normalSha256)
  })

  test('normal quantiles agree with SciPy to 1e-14', () => {
    for (const [bits, quantile] of fixture.quantiles as [number, number][]) {
      expect(Math.abs(standardNormalFromBits(bits) / quantile - 1)).toBeLessThan(1e-14)
    }
  })

  test('normal quantiles are odd in the bits and increase across the seams of the regions', () => {
    for (const bits of [0, 5, 322122547, 322122548, 1e9, 2 ** 31 - 1]) {
      expect(standardNormalFromBits(2 ** 32 - 1 - bits)).toBe(-standardNormalFromBits(bits))
    }
    for (const seam of [322122547, 3972844748]) {
      for (let bits = seam - 50; bits < seam + 50; bits += 1) {
        expect(standardNormalFromBits(bits + 1)).toBeGreaterThan(standardNormalFromBits(bits))
      }
    }
  })
})

describe('streams', () => {
  test('any piece of a stream equals that part of the whole', () => {
    const whole = fillRandomBits(key, new Int32Array(101))
    for (const [start, end] of [
      [0, 1],
      [0, 100],
      [1, 2],
      [1, 50],
      [2, 7],
      [3, 4],
      [50, 101],
      [99, 101],
      [7, 7],
    ] as const) {
      expect(fillRandomBits(key, new Int32Array(end - start), start)).toEqual(whole.slice(start, end))
    }
    const normals = fillRandomNormal(key, new Float32Array(101))
    expect(fillRandomNormal(key, new Float32Array(40), 13)).toEqual(normals.slice(13, 53))
  })

  test('fill views inside a larger buffer and nothing around them', () => {
    const buffer = new Float32Array(12)
    fillRandomUniform(key, buffer.subarray(3, 8))
    expect(buffer.slice(3, 8)).toEqual(fillRandomUniform(key, new Float32Array(5)))
    expect([...buffer.slice(0, 3), ...buffer.slice(8)]).toEqual([0, 0, 0, 0, 0, 0, 0])
  })

  test('counters above 2³¹ blocks are distinct', () => {
    const far = fillRandomBits(key, new Int32Array(4), 2 ** 33 - 4)
    const near = fillRandomBits(key, new Int32Array(4), 2 ** 32 - 4)
    expect(new Set([...far, ...near]).size).toBe(8)
  })
})
