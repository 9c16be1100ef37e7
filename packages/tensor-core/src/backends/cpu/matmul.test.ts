import { describe, expect, it } from 'vitest'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues } from '../../testing/host-values.js'
import { createCpuBackend } from './create-cpu-backend.js'

const backend = createCpuBackend()
const a = hostValues([2, 3], [1, 2, 3, 4, 5, 6])
const b = hostValues([3, 2], [7, 8, 9, 10, 11, 12])
const plain = { transposeA: false, transposeB: false }
const float = (...shape: number[]) => [{ shape, dtype: 'float32' }] as const

describe('matmul of the cpu backend', () => {
  it('multiplies, with either side transposed', () => {
    const values = (inputs: Parameters<typeof callKernel>[2], attributes: typeof plain, ...shape: number[]) => [
      ...callKernel(backend, 'matmul', inputs, attributes, float(...shape))[0]!.values,
    ]
    expect(values([a, b], plain, 2, 2)).toEqual([58, 64, 139, 154])
    expect(values([a, a], { ...plain, transposeB: true }, 2, 2)).toEqual([14, 32, 32, 77])
    expect(values([a, a], { ...plain, transposeA: true }, 3, 3)).toEqual([17, 22, 27, 22, 29, 36, 27, 36, 45])
    expect(values([a, b], { transposeA: true, transposeB: true }, 3, 3)).toEqual([39, 49, 59, 54, 68, 82, 69, 87, 105])
  })

  it('broadcasts batch axes in every position', () => {
    const left = hostValues([2, 1, 1, 2], [1, 2, 3, 4])
    const right = hostValues([3, 2, 1], [1, 0, 0, 1, 1, 1])
    const [y] = callKernel(backend, 'matmul', [left, right], plain, float(2, 3, 1, 1))
    expect([...y!.values]).toEqual([1, 2, 3, 3, 4, 7])
  })

  it('reads 16-bit operands', () => {
    const weights = hostValues([2, 1], [0x3f80, 0x4000], 'bfloat16') // 1, 2
    const [y] = callKernel(backend, 'matmul', [hostValues([1, 2], [3, 4]), weights], plain, float(1, 1))
    expect([...y!.values]).toEqual([11])
  })

  it('gives zeros for an empty inner axis and nothing for empty outer ones', () => {
    const [zeros] = callKernel(backend, 'matmul', [hostValues([2, 0], []), hostValues([0, 2], [])], plain, float(2, 2))
    expect([...zeros!.values]).toEqual([0, 0, 0, 0])
    const [none] = callKernel(backend, 'matmul', [hostValues([0, 2, 3], []), b], plain, float(0, 2, 2))
    expect(none!.values).toHaveLength(0)
  })

  it('keeps 0 · ∞ = NaN', () => {
    const [y] = callKernel(
      backend,
      'matmul',
      [hostValues([1, 1], [0]), hostValues([1, 1], [Infinity])],
      plain,
      float(1, 1),
    )
    expect(y!.values[0]).toBeNaN()
  })
})
