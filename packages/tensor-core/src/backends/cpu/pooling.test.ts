import { describe, expect, it } from 'vitest'
import type { Pooling } from '../../backend.js'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()
const plain: Pooling = { window: [2, 2], strides: [1, 1], padding: [0, 0, 0, 0] }
const image = hostValues([1, 2, 3, 1], [-1, -2, -3, -4, -1, -6])
const float = (...shape: number[]) => [{ shape, dtype: 'float32' }] as const

describe('pooling of the cpu backend', () => {
  it('never lets padding win', () => {
    const attributes = { ...plain, strides: [2, 2], padding: [1, 1, 1, 0] } as const
    const [y] = callKernel(backend, 'maxPool2d', [image], attributes, float(1, 2, 2, 1))
    expect([...y!.values]).toEqual([-1, -2, -4, -1])
  })

  it('gives a window’s gradient to its first maximum, NaN being the largest', () => {
    const g = hostValues([1, 1, 2, 1], [10, 100])
    const [y] = callKernel(backend, 'maxPool2d', [image], plain, float(1, 1, 2, 1))
    const [dx] = callKernel(backend, 'maxPool2dGradient', [g, image, y!], plain, [image])
    expect([...dx!.values]).toEqual([10, 0, 0, 0, 100, 0])
    const broken = hostValues([1, 2, 2, 1], [1, NaN, 5, NaN])
    const [top] = callKernel(backend, 'maxPool2d', [broken], plain, float(1, 1, 1, 1))
    expect(top!.values[0]).toBeNaN()
    const [back] = callKernel(backend, 'maxPool2dGradient', [hostValues([1, 1, 1, 1], [2]), broken, top!], plain, [
      broken,
    ])
    expect([...back!.values]).toEqual([0, 2, 0, 0])
  })

  it('averages the cells inside the image only', () => {
    const attributes = { ...plain, strides: [2, 2], padding: [1, 1, 1, 0] } as const
    const [y] = callKernel(backend, 'averagePool2d', [image], attributes, float(1, 2, 2, 1))
    expect([...y!.values]).toEqual([-1, -2.5, -4, -3.5])
    const g = hostValues([1, 2, 2, 1], [1, 2, 3, 4])
    const [dx] = callKernel(backend, 'averagePool2dGradient', [g], { ...attributes, inputShape: image.shape }, [image])
    expect([...dx!.values]).toEqual([1, 1, 1, 3, 2, 2])
  })
})
