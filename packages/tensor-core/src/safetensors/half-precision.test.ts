import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import fixture from './fixtures/half-precision.json' with { type: 'json' }
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-precision.js'

const digest = (array: Uint16Array | Uint32Array): string =>
  createHash('sha256').update(new Uint8Array(array.buffer)).digest('hex')
const patterns = Uint16Array.from({ length: 65536 }, (_, i) => i)
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer)
const canonical32 = (bits: Uint32Array): Uint32Array =>
  bits.map((word) => ((word & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : word))

describe('all 65,536 patterns', () => {
  test('float16 to float32 as NumPy', () => {
    expect(digest(canonical32(bitsOf(float16ToFloat32(patterns))))).toBe(fixture.float16ToFloat32)
  })

  test('bfloat16 to float32 as PyTorch', () => {
    expect(digest(canonical32(bitsOf(bfloat16ToFloat32(patterns))))).toBe(fixture.bfloat16ToFloat32)
  })

  test('there and back changes no number and keeps NaN', () => {
    for (const [widen, narrow, infinity] of [
      [float16ToFloat32, float32ToFloat16, 0x7c00],
      [bfloat16ToFloat32, float32ToBfloat16, 0x7f80],
    ] as const) {
      const back = narrow(widen(patterns))
      for (let i = 0; i < 65536; i += 1) {
        const isNaN = (i & 0x7fff) > infinity
        const got = back[i] as number
        if (isNaN ? !((got & 0x7fff) > infinity) : got !== i) throw new Error(`pattern ${i} came back as ${got}`)
      }
    }
  })
})

describe('rounding', () => {
  test('float32 to float16 as NumPy at every value, every middle between two, and one step beside it', () => {
    const finite = float16ToFloat32(patterns.subarray(0, 0x7c00))
    const middle = finite.map((value, i) => (value + (finite[i + 1] ?? 65536)) / 2)
    const below = new Float32Array(bitsOf(middle).map((word) => word - 1).buffer)
    const above = new Float32Array(bitsOf(middle).map((word) => word + 1).buffer)
    const count = finite.length
    const inputs = new Float32Array(8 * count)
    for (const [i, part] of [finite, below, middle, above].entries()) {
      inputs.set(part, i * count)
      inputs.set(
        part.map((value) => -value),
        (i + 4) * count,
      )
    }
    expect(digest(float32ToFloat16(inputs))).toBe(fixture.float32ToFloat16)
  })

  test('float32 to bfloat16 as PyTorch at and around every tie', () => {
    const rests = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff]
    const words = Uint32Array.from(
      { length: 65536 * 6 },
      (_, i) => ((Math.floor(i / 6) << 16) | (rests[i % 6] as number)) >>> 0,
    )
    const got = float32ToBfloat16(new Float32Array(words.buffer)).map((half) =>
      (half & 0x7fff) > 0x7f80 ? 0x7fc0 : half,
    )
    expect(digest(got)).toBe(fixture.float32ToBfloat16)
  })

  test('known values', () => {
    const values = Float32Array.of(65504, 65519.99, 65520, -1e9, 2 ** -24, 2 ** -25, 2 ** -25 * 1.0001, 1e-40, NaN)
    const half = float32ToFloat16(values)
    expect([...half.subarray(0, 8)]).toEqual([0x7bff, 0x7bff, 0x7c00, 0xfc00, 1, 0, 1, 0])
    expect((half[8] as number) & 0x7fff).toBeGreaterThan(0x7c00)
    expect([...float32ToBfloat16(Float32Array.of(3.4028235e38, 1.00390625, 1.01171875))]).toEqual([
      0x7f80, 0x3f80, 0x3f82,
    ])
  })

  test('write into the given array', () => {
    const out = new Uint16Array(4)
    float32ToFloat16(Float32Array.of(1, 2), out.subarray(1, 3))
    expect([...out]).toEqual([0, 0x3c00, 0x4000, 0])
  })
})
