/** Float32 bits of a float16's bits; exact, NaN payloads kept. */
function halfToFloatBits(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  const shift = Math.clz32(fraction) - 21 // subnormal: bring its leading bit to position 10
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13)
}

/** Float16 bits of a float32's bits, rounded to nearest, ties to even; NaN stays NaN (made quiet), overflow is ±∞. */
function floatToHalfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x1ff)
  if (magnitude >= 0x477ff000) return sign | 0x7c00 // 65520 and above
  if (magnitude >= 0x38800000) {
    // normal: drop 13 bits; adding may carry into the exponent, which is right
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
  if (magnitude <= 0x33000000) return sign // at most 2⁻²⁵: half of the smallest subnormal, a tie to zero
  const shift = 126 - (magnitude >>> 23)
  const fraction = (magnitude & 0x7fffff) | 0x800000
  const kept = fraction >>> shift
  const rest = fraction & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0))
}

/** Bfloat16 bits of a float32's bits, rounded to nearest, ties to even; NaN stays NaN (made quiet). */
function floatToBrainBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40
  return ((bits >>> 0) + 0x7fff + ((bits >>> 16) & 1)) / 0x10000
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length)
}

/** Converts float16 bits to float32; exact, infinities, subnormals and NaN included. */
export function float16ToFloat32(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  const outBits = bitsOf(out)
  for (let i = 0; i < bits.length; i += 1) outBits[i] = halfToFloatBits(bits[i] as number)
  return out
}

/** Converts float32 to float16 bits, to nearest, ties to even; above 65519.99 becomes ∞, NaN stays NaN. */
export function float32ToFloat16(values: Float32Array, out: Uint16Array = new Uint16Array(values.length)): Uint16Array {
  const bits = bitsOf(values)
  for (let i = 0; i < bits.length; i += 1) out[i] = floatToHalfBits(bits[i] as number)
  return out
}

/** Converts bfloat16 bits to float32; exact. */
export function bfloat16ToFloat32(bits: Uint16Array, out: Float32Array = new Float32Array(bits.length)): Float32Array {
  const outBits = bitsOf(out)
  for (let i = 0; i < bits.length; i += 1) outBits[i] = (bits[i] as number) << 16
  return out
}

/** Converts float32 to bfloat16 bits, to nearest, ties to even; NaN stays NaN. */
export function float32ToBfloat16(
  values: Float32Array,
  out: Uint16Array = new Uint16Array(values.length),
): Uint16Array {
  const bits = bitsOf(values)
  for (let i = 0; i < bits.length; i += 1) out[i] = floatToBrainBits(bits[i] as number)
  return out
}
