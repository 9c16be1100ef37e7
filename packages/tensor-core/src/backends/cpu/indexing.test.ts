import { describe, expect, it } from 'vitest'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()
const x = hostValues([2, 3], [1, 2, 3, 4, 5, 6])
const indices = (shape: number[], values: number[]) => hostValues(shape, values, 'int32')
const float = (...shape: number[]) => [{ shape, dtype: 'float32' }] as const

describe('indexing kernels of the cpu backend', () => {
  it('gathers along any axis with indices of any shape', () => {
    const [columns] = callKernel(backend, 'gather', [x, indices([2, 2], [2, 0, 1, 1])], { axis: 1 }, float(2, 2, 2))
    expect([...columns!.values]).toEqual([3, 1, 2, 2, 6, 4, 5, 5])
    const [row] = callKernel(backend, 'gather', [x, indices([], [1])], { axis: 0 }, float(3))
    expect([...row!.values]).toEqual([4, 5, 6])
  })

  it('adds up what gather spread', () => {
    const updates = hostValues([2, 3], [1, 2, 3, 10, 20, 30])
    const [y] = callKernel(backend, 'scatterAdd', [updates, indices([3], [1, 1, 0])], { axis: 1, size: 2 }, float(2, 2))
    expect([...y!.values]).toEqual([3, 3, 30, 30])
  })

  it('takes along an axis and back', () => {
    const chosen = indices([2, 2], [2, 2, 0, 1])
    const [y] = callKernel(backend, 'takeAlongAxis', [x, chosen], { axis: 1 }, float(2, 2))
    expect([...y!.values]).toEqual([3, 3, 4, 5])
    const [dx] = callKernel(
      backend,
      'takeAlongAxisGradient',
      [hostValues([2, 2], [1, 2, 3, 4]), chosen],
      { axis: 1, size: 3 },
      float(2, 3),
    )
    expect([...dx!.values]).toEqual([0, 0, 3, 3, 4, 0])
  })

  it('leaves one-hot rows of foreign indices empty', () => {
    const [y] = callKernel(backend, 'oneHot', [indices([4], [1, -1, 0, 3])], { depth: 3 }, float(4, 3))
    expect([...y!.values]).toEqual([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])
  })

  it('refuses indices outside the axis and says where', () => {
    const outside = indices([1, 2], [0, 3])
    expect(() => callKernel(backend, 'gather', [x, outside], { axis: 1 }, float(2, 1, 2))).toThrow(
      /gather: index 3 \(position 1 .*length 3/,
    )
    expect(() =>
      callKernel(backend, 'scatterAdd', [hostValues([1], [1]), indices([1], [-1])], { axis: 0, size: 2 }, float(2)),
    ).toThrow(/index -1/)
  })
})
