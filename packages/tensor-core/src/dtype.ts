/**
 * Element types of a tensor. `float32`, `int32` and `bool` take part in every operation that makes sense for them;
 * `bfloat16` and `float16` are storage types: matmul, linear and embedding read them, anything else asks for `cast`.
 */
export type DType = 'float32' | 'int32' | 'bool' | 'bfloat16' | 'float16'

/** The host-side array of each dtype; `bool` is bytes 0/1, 16-bit floats are their raw bits. */
export interface DataArrays {
  float32: Float32Array
  int32: Int32Array
  bool: Uint8Array
  bfloat16: Uint16Array
  float16: Uint16Array
}

export type DataArray = DataArrays[DType]

/** Bytes one element takes. */
export const bytesPerElement: Readonly<Record<DType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  bfloat16: 2,
  float16: 2,
}

/** A zeroed host array of `size` elements of `dtype`. */
export function allocateArray<D extends DType>(dtype: D, size: number): DataArrays[D] {
  const constructors = {
    float32: Float32Array,
    int32: Int32Array,
    bool: Uint8Array,
    bfloat16: Uint16Array,
    float16: Uint16Array,
  } as const
  return new constructors[dtype](size) as DataArrays[D]
}
