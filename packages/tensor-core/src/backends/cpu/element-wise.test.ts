import { describe, expect, it } from 'vitest'
import type { PrimitiveName } from '../../backend.js'
import type { DType } from '../../dtype.js'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()

function unary(name: PrimitiveName, values: number[], dtype: DType = 'float32', result: DType = dtype): number[] {
  const shape = [values.length]
  const [y] = callKernel(backend, name, [hostValues(shape, values, dtype)], {} as never, [{ shape, dtype: result }])
  return [...y!.values]
}

function binary(
  name: PrimitiveName,
  a: number[],
  b: number[],
  dtype: DType = 'float32',
  result: DType = dtype,
): number[] {
  const shape = [a.length]
  const inputs = [hostValues(shape, a, dtype), hostValues([b.length], b, dtype)]
  const [y] = callKernel(backend, name, inputs, {} as never, [{ shape, dtype: result }])
  return [...y!.values]
}

describe('element-wise kernels of the cpu backend', () => {
  it('rounds halves to even', () => {
    expect(unary('round', [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999998])).toEqual([0, 2, 2, -0, -2, -2, 2])
  })

  it('lets NaN through relu, maximum and minimum', () => {
    expect(unary('relu', [-1, 2, NaN, -Infinity, Infinity])).toEqual([0, 2, NaN, 0, Infinity])
    expect(binary('maximum', [1, NaN, 3], [2, 2, NaN])).toEqual([2, NaN, NaN])
    expect(binary('minimum', [1, NaN, 3], [2, 2, NaN])).toEqual([1, NaN, NaN])
  })

  it('classifies numbers', () => {
    expect(unary('isNaN', [0, NaN, Infinity], 'float32', 'bool')).toEqual([0, 1, 0])
    expect(unary('isFinite', [0, NaN, -Infinity], 'float32', 'bool')).toEqual([1, 0, 0])
  })

  it('gives the remainder the sign of the divisor, as Python does', () => {
    expect(binary('modulo', [7, -7, 7, -7], [3, 3, -3, -3])).toEqual([1, 2, -2, -1])
    expect(binary('modulo', [7, -7, 7, -7], [3, 3, -3, -3], 'int32')).toEqual([1, 2, -2, -1])
    expect(binary('modulo', [6, -6, 5.5, -1], [-3, 3, 2, Infinity])).toEqual([-0, 0, 1.5, Infinity])
  })

  it('truncates int32 division, wraps int32 overflow and divides by zero without a trap', () => {
    expect(binary('divide', [7, -7, 5, -(2 ** 31)], [2, 2, 0, -1], 'int32')).toEqual([3, -3, 0, -(2 ** 31)])
    expect(binary('add', [2 ** 31 - 1], [1], 'int32')).toEqual([-(2 ** 31)])
    expect(binary('multiply', [123456789], [987654321], 'int32')).toEqual([-67153019]) // 121932631112635269 mod 2³²
    expect(unary('square', [123456789], 'int32')).toEqual([-1757895751]) // 15241578750190521 mod 2³²
  })

  it('follows C where JavaScript has its own idea of powers', () => {
    expect(binary('power', [1, -1, 2, 0, NaN, -8], [NaN, Infinity, -1, 0, 0, 1 / 3])).toEqual([1, 1, 0.5, 1, 1, NaN])
  })

  it('computes erf to float32 precision (values of Abramowitz & Stegun, table 7.1)', () => {
    const values = unary('erf', [0, 0.1, 0.5, 1, -1, 1.5, 2, 3, 5, -Infinity, NaN])
    const expected = [
      0,
      0.112462916,
      0.5204998778,
      0.8427007929,
      -0.8427007929,
      0.9661051465,
      0.995322265,
      0.9999779095,
      1,
      -1,
      NaN,
    ]
    expect(values).toEqual([...Float32Array.from(expected)])
  })

  it('saturates sigmoid without NaN', () => {
    expect(unary('sigmoid', [-Infinity, -1000, 0, 1000, Infinity])).toEqual([0, 0, 0.5, 1, 1])
  })

  it('broadcasts in every position', () => {
    const a = hostValues([2, 1, 3], [1, 2, 3, 4, 5, 6])
    const b = hostValues([2, 1], [10, 20])
    const [y] = callKernel(backend, 'add', [a, b], {}, [{ shape: [2, 2, 3], dtype: 'float32' }])
    expect([...y!.values]).toEqual([11, 12, 13, 21, 22, 23, 14, 15, 16, 24, 25, 26])
  })

  it('chooses by a broadcast condition', () => {
    const inputs = [hostValues([2, 1], [1, 0], 'bool'), hostValues([3], [1, 2, 3]), hostValues([], [-1])]
    const [y] = callKernel(backend, 'where', inputs, {}, [{ shape: [2, 3], dtype: 'float32' }])
    expect([...y!.values]).toEqual([1, 2, 3, -1, -1, -1])
  })

  it('refuses 16-bit values and names cast', () => {
    expect(() => unary('exp', [0], 'bfloat16')).toThrow(/expected float32 values, got bfloat16[\s\S]*cast/)
    expect(() => binary('add', [0], [0], 'float16')).toThrow(/cast/)
  })
})
