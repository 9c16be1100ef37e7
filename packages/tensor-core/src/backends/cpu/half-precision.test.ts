import { describe, expect, it } from 'vitest'
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16, roundHalfToEven } from './half-precision.js'

describe('16-bit floats', () => {
  it.each(['bfloat16', 'float16'])('encodes every %s value as itself', (dtype) => {
    const [decode, encode] = dtype === 'bfloat16' ? [decodeBfloat16, encodeBfloat16] : [decodeFloat16, encodeFloat16]
    for (let bits = 0; bits < 65536; bits++) {
      const value = decode(bits)
      if (Number.isNaN(value)) expect(decode(encode(value))).toBeNaN()
      else if (encode(value) !== bits) expect.fail(`${bits} → ${value} → ${encode(value)}`)
    }
  })

  it('decodes known bits', () => {
    expect([0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x8000, 0x7c00].map(decodeFloat16)).toEqual([
      1,
      -2,
      0.333251953125,
      65504,
      2 ** -24,
      -0,
      Infinity,
    ])
    expect([0x3f80, 0xc000, 0x4049, 0xff80].map(decodeBfloat16)).toEqual([1, -2, 3.140625, -Infinity])
  })

  it('rounds to nearest, ties to even', () => {
    expect(encodeFloat16(1 + 2 ** -11)).toBe(0x3c00)
    expect(encodeFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02)
    expect(encodeFloat16(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01)
    expect(encodeFloat16(65519)).toBe(0x7bff)
    expect(encodeFloat16(65520)).toBe(0x7c00)
    expect(encodeFloat16(2 ** -25)).toBe(0)
    expect(encodeFloat16(2 ** -14 - 2 ** -26)).toBe(0x0400) // carries from the subnormals into the normals
    expect(encodeBfloat16(1 + 2 ** -8)).toBe(0x3f80)
    expect(encodeBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82)
    expect(encodeBfloat16(3.4e38)).toBe(0x7f80)
    expect(roundHalfToEven(-0.5)).toBe(-0)
  })
})
