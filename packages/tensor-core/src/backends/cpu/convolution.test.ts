import { describe, expect, it } from 'vitest'
import type { Convolution } from '../../backend.js'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()
const plain: Convolution = { strides: [1, 1], dilations: [1, 1], groups: 1, padding: [0, 0, 0, 0] }
const image = hostValues([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9])
const float = (...shape: number[]) => [{ shape, dtype: 'float32' }] as const

describe('convolution of the cpu backend', () => {
  it('correlates, does not flip', () => {
    const filter = hostValues([2, 2, 1, 1], [1, 0, 0, -1])
    const [y] = callKernel(backend, 'conv2d', [image, filter], plain, float(1, 2, 2, 1))
    expect([...y!.values]).toEqual([-4, -4, -4, -4])
  })

  it('pads each side by its own amount and strides', () => {
    const filter = hostValues([1, 1, 1, 1], [2])
    const [y] = callKernel(
      backend,
      'conv2d',
      [image, filter],
      { ...plain, padding: [1, 0, 0, 1], strides: [2, 2] },
      float(1, 2, 2, 1),
    )
    expect([...y!.values]).toEqual([0, 0, 8, 12])
  })

  it('dilates', () => {
    const filter = hostValues([2, 2, 1, 1], [1, 1, 1, 1])
    const [y] = callKernel(backend, 'conv2d', [image, filter], { ...plain, dilations: [2, 2] }, float(1, 1, 1, 1))
    expect([...y!.values]).toEqual([20])
  })

  it('keeps groups apart', () => {
    const pixels = hostValues([1, 1, 1, 4], [1, 2, 3, 4])
    const filter = hostValues([1, 1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]) // channelsOut 0, 1 see inputs 0, 1; 2, 3 see 2, 3
    const [y] = callKernel(backend, 'conv2d', [pixels, filter], { ...plain, groups: 2 }, float(1, 1, 1, 4))
    expect([...y!.values]).toEqual([1 * 1 + 2 * 5, 1 * 2 + 2 * 6, 3 * 3 + 4 * 7, 3 * 4 + 4 * 8])
  })

  it('has gradients that are its adjoints: ⟨g, conv(x, f)⟩ = ⟨dx, x⟩ = ⟨df, f⟩', () => {
    const attributes: Convolution = { strides: [2, 1], dilations: [1, 2], groups: 2, padding: [1, 1, 0, 2] }
    const ramp = (shape: number[], seed: number) =>
      hostValues(
        shape,
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => ((i * seed) % 7) - 3),
      )
    const [x, f, g] = [ramp([2, 4, 5, 4], 3), ramp([3, 2, 2, 6], 5), ramp([2, 2, 5, 6], 2)]
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)
    const [y] = callKernel(backend, 'conv2d', [x, f], attributes, [{ shape: g.shape, dtype: 'float32' }])
    const [dx] = callKernel(backend, 'conv2dInputGradient', [g, f], { ...attributes, inputShape: x.shape }, [x])
    const [df] = callKernel(backend, 'conv2dFilterGradient', [g, x], { ...attributes, filterShape: f.shape }, [f])
    expect(dot(g.values, y!.values)).not.toBe(0)
    expect(dot(dx!.values, x.values)).toBe(dot(g.values, y!.values))
    expect(dot(df!.values, f.values)).toBe(dot(g.values, y!.values))
  })
})
