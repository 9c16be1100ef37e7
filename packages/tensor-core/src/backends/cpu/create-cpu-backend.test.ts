import { describe, expect, it } from 'vitest'
import { createCpuBackend } from './create-cpu-backend.js'

const spec = { shape: [2, 2], dtype: 'float32' } as const

describe('createCpuBackend', () => {
  it('copies in and out', () => {
    const backend = createCpuBackend()
    const values = Float32Array.of(1, 2, 3, 4)
    const handle = backend.write(values, spec)
    values[0] = 9
    const copy = backend.read(handle, spec)
    copy[1] = 9
    expect([...backend.read(handle, spec)]).toEqual([1, 2, 3, 4])
  })

  it('counts buffers, bytes and the peak', () => {
    const backend = createCpuBackend()
    const a = backend.write(new Float32Array(4), spec)
    const [b] = backend.kernels.add(
      [
        { ...spec, handle: a },
        { ...spec, handle: a },
      ],
      {},
      [spec],
    )
    expect(backend.memory()).toEqual({ buffers: 2, bytes: 32, peakBytes: 32 })
    backend.free(a)
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 16, peakBytes: 32 })
    backend.resetPeak()
    expect(backend.memory().peakBytes).toBe(16)
    backend.free(b!)
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0, peakBytes: 16 })
  })

  it('refuses freed and foreign buffers, and values that do not fill the shape', () => {
    const backend = createCpuBackend()
    const handle = backend.write(new Float32Array(4), spec)
    backend.free(handle)
    expect(() => backend.read(handle, spec)).toThrow(/freed/)
    expect(() => backend.free(handle)).toThrow(/freed/)
    expect(() => backend.read(7, spec)).toThrow(/another backend/)
    expect(() => backend.write(new Float32Array(3), spec)).toThrow(/expected 4 values for shape \[2, 2\], got 3/)
  })
})
