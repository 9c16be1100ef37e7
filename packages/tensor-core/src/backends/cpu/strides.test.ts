import { describe, expect, it } from 'vitest'
import { broadcastStrides, forEachRow, stridesOf } from './strides.js'

describe('forEachRow', () => {
  it('merges axes that are crossed evenly into one row', () => {
    const rows: number[] = []
    forEachRow([4, 1, 5], [{ strides: stridesOf([4, 1, 5]) }], (length) => rows.push(length))
    expect(rows).toEqual([20])
  })

  it('visits broadcast operands in step', () => {
    const seen: [number, number][] = []
    const shape = [2, 3, 2]
    const walks = [
      [2, 1, 2],
      [3, 1],
    ].map((own) => ({ strides: broadcastStrides(own, shape) }))
    forEachRow(shape, walks, (length, [a, b], [da, db]) => {
      for (let n = 0; n < length; n++) seen.push([a! + n * da!, b! + n * db!])
    })
    const expected: [number, number][] = []
    for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 2; k++) expected.push([i * 2 + k, j])
    expect(seen).toEqual(expected)
  })

  it('visits a scalar once and an empty array never', () => {
    let visits = 0
    forEachRow([], [{ strides: [] }], () => visits++)
    expect(visits).toBe(1)
    forEachRow([3, 0], [{ strides: [0, 1] }], () => visits++)
    expect(visits).toBe(1)
  })
})
