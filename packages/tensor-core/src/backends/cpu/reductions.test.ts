import { describe, expect, it } from 'vitest'
import type { PrimitiveName, Shape } from '../../backend.js'
import type { DType } from '../../dtype.js'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()

function call(
  name: PrimitiveName,
  shape: Shape,
  values: number[],
  attributes: object,
  output: Shape,
  dtype: DType = 'float32',
  result = dtype,
): number[] {
  const [y] = callKernel(backend, name, [hostValues(shape, values, dtype)], attributes as never, [
    { shape: output, dtype: result },
  ])
  return [...y!.values]
}
const x = [1, 2, 3, 4, 5, 6]

describe('reductions of the cpu backend', () => {
  it('sums over any axes', () => {
    expect(call('sum', [2, 3], x, { axes: [0], keepDimensions: false }, [3])).toEqual([5, 7, 9])
    expect(call('sum', [2, 3], x, { axes: [1], keepDimensions: true }, [2, 1])).toEqual([6, 15])
    expect(call('sum', [2, 3], x, { axes: [0, 1], keepDimensions: false }, [])).toEqual([21])
    expect(call('sum', [2, 3], x, { axes: [], keepDimensions: false }, [2, 3])).toEqual(x)
    expect(call('sum', [3, 1, 2], x, { axes: [0, 1], keepDimensions: false }, [2])).toEqual([9, 12])
  })

  it('sums in double precision and rounds once', () => {
    const values = [1e8, ...Array.from({ length: 64 }, () => 1), -1e8]
    expect(call('sum', [66], values, { axes: [0], keepDimensions: false }, [])).toEqual([64])
  })

  it('wraps int32 sums and products', () => {
    expect(call('sum', [2], [2 ** 31 - 1, 1], { axes: [0], keepDimensions: false }, [], 'int32')).toEqual([-(2 ** 31)])
    expect(call('prod', [3], [65536, 65537, 3], { axes: [0], keepDimensions: false }, [], 'int32')).toEqual([196608])
  })

  it('lets NaN win max, min, argMax and argMin', () => {
    const values = [1, NaN, 3, NaN]
    expect(call('max', [4], values, { axes: [0], keepDimensions: false }, [])).toEqual([NaN])
    expect(call('min', [4], values, { axes: [0], keepDimensions: false }, [])).toEqual([NaN])
    expect(call('argMax', [4], values, { axis: 0 }, [], 'float32', 'int32')).toEqual([1])
    expect(call('argMin', [4], values, { axis: 0 }, [], 'float32', 'int32')).toEqual([1])
  })

  it('finds the first of equals along an inner axis', () => {
    expect(
      call('argMax', [2, 3, 2], [1, 9, 4, 9, 4, 2, 0, 0, -1, 0, 0, 5], { axis: 1 }, [2, 2], 'float32', 'int32'),
    ).toEqual([1, 0, 0, 2])
    expect(call('argMin', [2, 2], [3, 3, 2, 1], { axis: 1 }, [2], 'int32')).toEqual([0, 1])
  })

  it('gives empty reductions their identity', () => {
    const attributes = { axes: [1], keepDimensions: false }
    expect(call('sum', [2, 0], [], attributes, [2])).toEqual([0, 0])
    expect(call('prod', [2, 0], [], attributes, [2])).toEqual([1, 1])
    expect(call('max', [2, 0], [], attributes, [2])).toEqual([-Infinity, -Infinity])
    expect(call('max', [2, 0], [], attributes, [2], 'bool')).toEqual([0, 0])
    expect(call('min', [2, 0], [], attributes, [2], 'bool')).toEqual([1, 1])
    expect(() => call('argMax', [2, 0], [], { axis: 1 }, [2])).toThrow(/axis 1 of \[2, 0\] is empty/)
  })

  it('accumulates forwards, backwards and exclusively', () => {
    const at = (axis: number, exclusive: boolean, reverse: boolean) =>
      call('cumulativeSum', [2, 3], x, { axis, exclusive, reverse }, [2, 3])
    expect(at(1, false, false)).toEqual([1, 3, 6, 4, 9, 15])
    expect(at(1, true, false)).toEqual([0, 1, 3, 0, 4, 9])
    expect(at(1, false, true)).toEqual([6, 5, 3, 15, 11, 6])
    expect(at(0, true, true)).toEqual([4, 5, 6, 0, 0, 0])
  })
})
