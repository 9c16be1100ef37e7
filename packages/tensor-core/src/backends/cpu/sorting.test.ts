import { describe, expect, it } from 'vitest'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()

describe('sorting of the cpu backend', () => {
  it('is stable in both directions and puts NaN last', () => {
    const x = hostValues([6], [2, NaN, 1, 2, -Infinity, 1])
    const outputs = [
      { shape: [6], dtype: 'float32' },
      { shape: [6], dtype: 'int32' },
    ] as const
    const [up, upOrder] = callKernel(backend, 'sort', [x], { axis: 0, descending: false }, outputs)
    expect([...up!.values]).toEqual([-Infinity, 1, 1, 2, 2, NaN])
    expect([...upOrder!.values]).toEqual([4, 2, 5, 0, 3, 1])
    const [down, downOrder] = callKernel(backend, 'sort', [x], { axis: 0, descending: true }, outputs)
    expect([...down!.values]).toEqual([2, 2, 1, 1, -Infinity, NaN])
    expect([...downOrder!.values]).toEqual([0, 3, 2, 5, 4, 1])
  })

  it('sorts along an outer axis', () => {
    const x = hostValues([3, 2], [3, 1, 1, 2, 2, 3], 'int32')
    const outputs = [
      { shape: [3, 2], dtype: 'int32' },
      { shape: [3, 2], dtype: 'int32' },
    ] as const
    const [values, indices] = callKernel(backend, 'sort', [x], { axis: 0, descending: false }, outputs)
    expect([...values!.values]).toEqual([1, 1, 2, 2, 3, 3])
    expect([...indices!.values]).toEqual([1, 0, 2, 1, 0, 2])
  })

  it('takes the k largest of each row, first of equals first', () => {
    const x = hostValues([2, 4], [1, 3, 3, 2, -1, -2, -1, -3])
    const outputs = [
      { shape: [2, 3], dtype: 'float32' },
      { shape: [2, 3], dtype: 'int32' },
    ] as const
    const [values, indices] = callKernel(backend, 'topK', [x], { k: 3 }, outputs)
    expect([...values!.values]).toEqual([3, 3, 2, -1, -1, -2])
    expect([...indices!.values]).toEqual([1, 2, 3, 0, 2, 1])
  })
})
