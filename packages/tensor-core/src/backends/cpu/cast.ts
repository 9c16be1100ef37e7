import type { DType } from '../../dtype.js'
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from './half-precision.js'
import type { CpuKernels } from './host-array.js'

type Convert = (value: number) => number

const same: Convert = (value) => value

/** Truncates towards zero; NaN is 0 and what is out of range becomes the nearest int32. */
const truncate: Convert = (value) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(value) || 0))

const decoders: Readonly<Record<DType, Convert>> = {
  float32: same,
  int32: same,
  bool: same,
  bfloat16: decodeBfloat16,
  float16: decodeFloat16,
}

const encoders: Readonly<Record<DType, Convert>> = {
  float32: same,
  int32: truncate,
  bool: (value) => (value !== 0 ? 1 : 0),
  bfloat16: (value) => encodeBfloat16(Math.fround(value)),
  float16: (value) => encodeFloat16(Math.fround(value)),
}

/** A number as it is stored in an array of `dtype`. */
export function encodeAs(dtype: DType, value: number): number {
  return encoders[dtype](value)
}

const cast: CpuKernels['cast'] = ([x], { dtype }, [y]) => {
  const decode = decoders[x.dtype]
  const encode = encoders[dtype]
  const result = y.values
  for (let i = 0; i < x.values.length; i++) result[i] = encode(decode(x.values[i]))
}

export const castKernels = { cast } satisfies Partial<CpuKernels>
