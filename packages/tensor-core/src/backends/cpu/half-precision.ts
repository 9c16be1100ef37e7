// The two 16-bit storage types. bfloat16: the upper half of a float32. float16: 1 sign, 5 exponent, 10 mantissa bits.

const floatView = new Float32Array(1)
const bitView = new Uint32Array(floatView.buffer)

/** The nearest integer; halves go to the even one. */
export function roundHalfToEven(x: number): number {
  const rounded = Math.round(x)
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

/** The raw bits of the bfloat16 nearest to a float32 value (ties to even; NaN stays NaN). */
export function encodeBfloat16(value: number): number {
  floatView[0] = value
  const bits = bitView[0]
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

/** The value of raw bfloat16 bits. */
export function decodeBfloat16(bits: number): number {
  bitView[0] = bits << 16
  return floatView[0]
}

/** The raw bits of the float16 nearest to a float32 value (ties to even; from 65520 on it is infinite). */
export function encodeFloat16(value: number): number {
  floatView[0] = value
  const bits = bitView[0]
  const sign = (bits >>> 16) & 0x8000
  const magnitude = Math.abs(floatView[0])
  if (Number.isNaN(magnitude)) return sign | 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  if (magnitude < 2 ** -14) return sign | roundHalfToEven(magnitude * 2 ** 24)
  const exponent = ((bits >>> 23) & 0xff) - 127
  const mantissa = roundHalfToEven(magnitude * 2 ** (10 - exponent)) // 1024 … 2048: a carry moves the exponent up
  return sign | (((exponent + 15) << 10) + mantissa - 1024)
}

/** The value of raw float16 bits. */
export function decodeFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const mantissa = bits & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1024 + mantissa) * 2 ** (exponent - 25)
}
