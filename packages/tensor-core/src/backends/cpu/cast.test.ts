import { describe, expect, it } from 'vitest'
import type { DType } from '../../dtype.js'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

function cast(values: number[], from: DType, to: DType): number[] {
  const shape = [values.length]
  const [y] = callKernel(createCpuBackend(), 'cast', [hostValues(shape, values, from)], { dtype: to }, [
    { shape, dtype: to },
  ])
  return [...y!.values]
}

describe('cast', () => {
  it('truncates towards zero, NaN to 0, and stays within int32', () => {
    expect(cast([1.9, -1.9, NaN, 3e9, -Infinity], 'float32', 'int32')).toEqual([1, -1, 0, 2 ** 31 - 1, -(2 ** 31)])
  })

  it('calls true whatever is not zero', () => {
    expect(cast([0, -0, 0.25, NaN], 'float32', 'bool')).toEqual([0, 0, 1, 1])
    expect(cast([1, 0], 'bool', 'float32')).toEqual([1, 0])
  })

  it('rounds large integers to the nearest float32', () => {
    expect(cast([16777217, 16777219, -16777217], 'int32', 'float32')).toEqual([16777216, 16777220, -16777216])
  })

  it('converts between the 16-bit types', () => {
    expect(cast([0x3f80, 0x7f00], 'bfloat16', 'float16')).toEqual([0x3c00, 0x7c00])
    expect(cast([3.140625, 1e9], 'float32', 'bfloat16')).toEqual([0x4049, 0x4e6e])
    expect(cast([0x3c00, 0xfc00], 'float16', 'float32')).toEqual([1, -Infinity])
  })
})
