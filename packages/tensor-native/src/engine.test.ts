import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from './engine.js'
import { EngineError } from './engine-error.js'
import { compute, engines, float32, numbers } from './test-engines.js'

const refusal = (action: () => unknown): EngineError => {
  try {
    action()
  } catch (error) {
    if (EngineError.isInstance(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe.each(engines)('%s', (_, create) => {
  let engine: Engine
  beforeEach(() => {
    engine = create()
  })
  afterEach(() => engine.dispose())
  const code = (name: string): number => engine.operationCode(name)!

  test('gives back what was written, in every element type', () => {
    for (const values of [
      numbers(1001),
      new Int32Array([1, -2, 2 ** 31 - 1]),
      new Uint8Array([0, 1, 1]),
      new Uint16Array([0x3f80, 1]),
      new Float32Array(0),
    ]) {
      const handle = engine.write(values)
      expect(engine.read(handle, values.slice())).toEqual(values)
      engine.free(handle)
    }
    expect(engine.memory()).toMatchObject({ buffers: 0, bytes: 0 })
  })

  test('counts live bytes and their peak, and reuses freed memory', () => {
    const kept = engine.write(new Float32Array(1000))
    const freed = engine.write(new Float32Array(3000))
    expect(engine.memory()).toMatchObject({ buffers: 2, bytes: 16_000, peakBytes: 16_000 })
    engine.free(freed)
    const after = engine.memory()
    expect(after).toMatchObject({ buffers: 1, bytes: 4_000, peakBytes: 16_000 })
    expect(after.pooledBytes).toBeGreaterThanOrEqual(12_000)
    const again = engine.write(new Float32Array(3000))
    expect(engine.memory().pooledBytes).toBeLessThan(after.pooledBytes)
    engine.resetPeak()
    engine.free(again)
    engine.free(kept)
    engine.trim()
    expect(engine.memory()).toEqual({ buffers: 0, bytes: 0, peakBytes: 16_000, pooledBytes: 0 })
  })

  test('a hundred thousand operations leave nothing behind', () => {
    const x = float32(engine, [64])
    for (let i = 0; i < 100_000; i++) {
      const [y] = engine.run(code('add'), [], [x, x], [{ shape: [64], dtype: 'float32' }])
      engine.free(y!)
    }
    const { buffers, peakBytes, pooledBytes } = engine.memory()
    expect(buffers).toBe(1)
    // frees travel with the next operation: at most two results live at a time
    expect(peakBytes).toBeLessThanOrEqual(3 * 256)
    expect(pooledBytes).toBeLessThanOrEqual(4 * 256)
  })

  test('a memory limit refuses with the numbers and harms nothing', () => {
    const limited = create({ memoryLimit: 10_000 })
    const x = float32(limited, [2000])
    const error = refusal(() =>
      limited.run(limited.operationCode('negative')!, [], [x], [{ shape: [2000], dtype: 'float32' }]),
    )
    expect(error).toMatchObject({
      code: 'memory-limit',
      fields: { operation: 'negative', bytes: 8000, liveBytes: 8000, memoryLimit: 10_000 },
    })
    expect(limited.memory()).toMatchObject({ buffers: 1, bytes: 8000 })
    limited.free(x.handle as number)
    expect(compute(limited, 'negative', [], [float32(limited, [2], new Float32Array([1, -2]))], [[2]])[0]).toEqual(
      new Float32Array([-1, 2]),
    )
    limited.dispose()
  })

  test('buffers that were freed, or never were, are named', () => {
    const x = float32(engine, [4])
    engine.free(x.handle as number)
    expect(refusal(() => compute(engine, 'negative', [], [x], [[4]])).code).toBe('unknown-buffer')
    expect(refusal(() => engine.read(12345, new Float32Array(1)))).toMatchObject({
      code: 'unknown-buffer',
      fields: { buffer: 12345 },
    })
    expect(
      refusal(() => {
        engine.free(99)
        engine.flush()
      }).code,
    ).toBe('unknown-buffer')
  })

  test('a shape that a buffer does not have is refused before the kernel runs', () => {
    const x = float32(engine, [4])
    const error = refusal(() => compute(engine, 'negative', [], [{ ...x, shape: [5] }], [[5]]))
    expect(error).toMatchObject({ code: 'size-mismatch', fields: { expectedBytes: 20, actualBytes: 16 } })
    expect(refusal(() => engine.read(x.handle as number, new Float32Array(3))).code).toBe('size-mismatch')
    expect(engine.memory().buffers).toBe(1)
  })

  test('commands that make no sense are refused', () => {
    const x = float32(engine, [4])
    const spec = { shape: [4], dtype: 'float32' } as const
    expect(refusal(() => engine.run(9999, [], [x], [spec])).code).toBe('bad-command')
    expect(refusal(() => engine.run(-1, [], [x], [spec])).code).toBe('bad-command')
    expect(
      refusal(() => engine.run(code('negative'), [], [{ ...x, shape: [1, 1, 1, 1, 1, 1, 1, 1, 4] }], [spec])).code,
    ).toBe('bad-command')
    expect(refusal(() => engine.run(code('negative'), [], [{ ...x, shape: [-4] }], [spec])).code).toBe('bad-command')
    expect(
      refusal(() => compute(engine, 'matmul', [0, 0], [float32(engine, [2, 3]), float32(engine, [4, 5])], [[2, 5]]))
        .code,
    ).toBe('bad-command')
  })

  test.each([[3], [-1], [2 ** 31 - 1], [-(2 ** 31)]])(
    'index %i outside three rows is named, and no foreign memory is read',
    (index) => {
      const x = float32(engine, [3, 2])
      const indices = { handle: engine.write(new Int32Array([0, 2, index])), shape: [3], dtype: 'int32' } as const
      const error = refusal(() => compute(engine, 'gather', [0], [x, indices], [[3, 2]]))
      expect(error).toMatchObject({
        code: 'index-out-of-range',
        fields: { operation: 'gather', index, size: 3, position: 2 },
      })
      expect(refusal(() => compute(engine, 'embedding', [], [x, indices], [[3, 2]])).code).toBe('index-out-of-range')
      expect(refusal(() => compute(engine, 'scatterAdd', [0, 3], [x, indices], [[3, 2]])).code).toBe(
        'index-out-of-range',
      )
    },
  )

  test('a slice that leaves its tensor is refused', () => {
    const x = float32(engine, [3, 4])
    expect(refusal(() => compute(engine, 'slice', [1, 0, 1, 1], [x], [[3, 4]])).code).toBe('index-out-of-range')
    expect(compute(engine, 'slice', [1, 1, 1, 2], [x], [[2, 2]])[0]).toEqual(
      numbers(12).filter((_, i) => [5, 7, 9, 11].includes(i)),
    )
  })

  test('element types that an operation does not take are named', () => {
    const half = { handle: engine.write(new Uint16Array(4)), shape: [4], dtype: 'bfloat16' } as const
    expect(refusal(() => compute(engine, 'exp', [], [half], [[4]]))).toMatchObject({
      code: 'unsupported',
      fields: { operation: 'exp', dtype: 'bfloat16' },
    })
  })

  test('long programs grow their room', () => {
    const parts = Array.from({ length: 3000 }, (_, i) => float32(engine, [1], new Float32Array([i])))
    const [joined] = compute(engine, 'concat', [0], parts, [[3000]])
    expect(joined!.every((value, i) => value === i)).toBe(true)
  })

  test('after dispose every call says so', () => {
    const other = create()
    other.dispose()
    other.dispose()
    expect(refusal(() => other.write(new Float32Array(1))).code).toBe('engine-disposed')
    expect(refusal(() => other.memory()).code).toBe('engine-disposed')
    expect(() => other.free(0)).not.toThrow()
  })
})
