import type { PrimitiveAttributes, PrimitiveName, Spec } from '../../backend.js'
import type { DataArray } from '../../dtype.js'
import { LemanicError } from '../../errors.js'
import { decodeBfloat16, decodeFloat16 } from './half-precision.js'

/** A dense row-major array of the host: what a kernel of this backend reads and writes. */
export interface HostArray extends Spec {
  readonly values: DataArray
}

/** Fills the outputs, which arrive zeroed and with the right shape and dtype. */
export type CpuKernel<Attributes> = (
  inputs: readonly HostArray[],
  attributes: Attributes,
  outputs: readonly HostArray[],
) => void

export type CpuKernels = { readonly [Name in PrimitiveName]: CpuKernel<PrimitiveAttributes[Name]> }

/** A dtype that a kernel has no rule for. */
export function dtypeError(expected: string, array: HostArray): LemanicError {
  return new LemanicError('invalid-dtype', `cpu backend: expected ${expected} values, got ${array.dtype}`, {
    fields: { expected, dtype: array.dtype },
    help: 'use cast first',
  })
}

/** The values as float32 numbers: the array itself, or a decoded copy of a 16-bit one. */
export function asFloat32(array: HostArray): Float32Array {
  switch (array.dtype) {
    case 'float32':
      return array.values as Float32Array
    case 'bfloat16':
      return Float32Array.from(array.values, decodeBfloat16)
    case 'float16':
      return Float32Array.from(array.values, decodeFloat16)
    default:
      throw dtypeError('float32, bfloat16 or float16', array)
  }
}
