import { describe, expect, it } from 'vitest'
import type { PrimitiveAttributes, Shape } from '../../backend.js'
import type { DType } from '../../dtype.js'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues, type HostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()
const x = hostValues([2, 3], [1, 2, 3, 4, 5, 6])

function call<Name extends keyof PrimitiveAttributes>(
  name: Name,
  inputs: HostValues[],
  attributes: PrimitiveAttributes[Name],
  shape: Shape,
  dtype: DType = 'float32',
) {
  return [...callKernel(backend, name, inputs, attributes as never, [{ shape, dtype }])[0]!.values]
}

describe('shape kernels of the cpu backend', () => {
  it('transposes', () => {
    expect(call('transpose', [x], { permutation: [1, 0] }, [3, 2])).toEqual([1, 4, 2, 5, 3, 6])
    const cube = hostValues([2, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7])
    expect(call('transpose', [cube], { permutation: [2, 0, 1] }, [2, 2, 2])).toEqual([0, 2, 4, 6, 1, 3, 5, 7])
  })

  it('broadcasts', () => {
    expect(call('broadcastTo', [hostValues([2, 1], [1, 2])], { shape: [2, 2, 2] }, [2, 2, 2])).toEqual([
      1, 1, 2, 2, 1, 1, 2, 2,
    ])
    expect(call('broadcastTo', [hostValues([], [7])], { shape: [3] }, [3])).toEqual([7, 7, 7])
  })

  it('slices with strides and puts gradients back', () => {
    expect(call('slice', [x], { begin: [0, 1], strides: [1, 1] }, [2, 2])).toEqual([2, 3, 5, 6])
    expect(call('slice', [x], { begin: [1, 0], strides: [1, 2] }, [1, 2])).toEqual([4, 6])
    expect(call('sliceGradient', [hostValues([1, 2], [7, 8])], { begin: [1, 0], strides: [1, 2] }, [2, 3])).toEqual([
      0, 0, 0, 7, 0, 8,
    ])
  })

  it('pads, also 16-bit values', () => {
    expect(call('pad', [hostValues([1, 2], [1, 2])], { before: [1, 0], after: [0, 1], value: -1 }, [2, 3])).toEqual([
      -1, -1, -1, 1, 2, -1,
    ])
    expect(
      call('pad', [hostValues([1], [0x4000], 'bfloat16')], { before: [0], after: [1], value: 1 }, [2], 'bfloat16'),
    ).toEqual([0x4000, 0x3f80])
  })

  it('flips', () => {
    expect(call('flip', [x], { axes: [1] }, [2, 3])).toEqual([3, 2, 1, 6, 5, 4])
    expect(call('flip', [x], { axes: [0, 1] }, [2, 3])).toEqual([6, 5, 4, 3, 2, 1])
  })

  it('concatenates, empty parts included', () => {
    const parts = [x, hostValues([2, 0], []), hostValues([2, 1], [9, 8])]
    expect(call('concat', parts, { axis: 1 }, [2, 4])).toEqual([1, 2, 3, 9, 4, 5, 6, 8])
    expect(call('concat', [x, hostValues([1, 3], [7, 8, 9])], { axis: 0 }, [3, 3])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})
