/** Writes numbers of `width` bits, 1 … 24, one after another, lowest bit first, into bytes that are zero. */
export function writeBits(bytes: Uint8Array, values: ArrayLike<number>, width: number): void {
  let [buffer, filled, at] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    buffer += values[i] * 2 ** filled // below 2³¹: at most 7 bits are left over
    filled += width
    while (filled >= 8) {
      bytes[at++] = buffer & 255
      buffer >>>= 8
      filled -= 8
    }
  }
  if (filled > 0) bytes[at] = buffer
}

/** The first `count` numbers that `writeBits` wrote. */
export function readBits(bytes: Uint8Array, count: number, width: number): Uint32Array {
  const values = new Uint32Array(count)
  const mask = 2 ** width - 1
  let [buffer, filled, at] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    while (filled < width) {
      buffer += bytes[at++] * 2 ** filled
      filled += 8
    }
    values[i] = buffer & mask
    buffer >>>= width
    filled -= width
  }
  return values
}
