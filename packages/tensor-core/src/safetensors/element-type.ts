import { LemanicError } from '../errors.js'

/** What a data type of the format is on the host. 16-bit floats are raw bits, 8-bit floats and booleans are bytes. */
export interface SafetensorsArrays {
  F64: Float64Array
  F32: Float32Array
  F16: Uint16Array
  BF16: Uint16Array
  I64: BigInt64Array
  U64: BigUint64Array
  I32: Int32Array
  U32: Uint32Array
  I16: Int16Array
  U16: Uint16Array
  I8: Int8Array
  U8: Uint8Array
  BOOL: Uint8Array
  F8_E4M3: Uint8Array
  F8_E5M2: Uint8Array
}

/** A data type as the format spells it. */
export type SafetensorsType = keyof SafetensorsArrays

export type SafetensorsArray = SafetensorsArrays[SafetensorsType]

interface TypeFacts {
  readonly array: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): SafetensorsArray
    readonly BYTES_PER_ELEMENT: number
    readonly name: string
  }
  /** Position in a file: the reference library writes larger ranks first, so that data stay aligned. */
  readonly rank: number
}

const types: Readonly<Record<SafetensorsType, TypeFacts>> = {
  U64: { array: BigUint64Array, rank: 14 },
  I64: { array: BigInt64Array, rank: 13 },
  F64: { array: Float64Array, rank: 12 },
  F32: { array: Float32Array, rank: 11 },
  U32: { array: Uint32Array, rank: 10 },
  I32: { array: Int32Array, rank: 9 },
  BF16: { array: Uint16Array, rank: 8 },
  F16: { array: Uint16Array, rank: 7 },
  U16: { array: Uint16Array, rank: 6 },
  I16: { array: Int16Array, rank: 5 },
  F8_E4M3: { array: Uint8Array, rank: 4 },
  F8_E5M2: { array: Uint8Array, rank: 3 },
  I8: { array: Int8Array, rank: 2 },
  U8: { array: Uint8Array, rank: 1 },
  BOOL: { array: Uint8Array, rank: 0 },
}

/** All data types that are read and written. */
export const safetensorsTypes = Object.keys(types) as readonly SafetensorsType[]

export function isSafetensorsType(name: unknown): name is SafetensorsType {
  return typeof name === 'string' && Object.hasOwn(types, name)
}

export function bytesPerSafetensorsElement(dtype: SafetensorsType): number {
  return types[dtype].array.BYTES_PER_ELEMENT
}

/** Name of the host array of a data type, for messages. */
export function arrayNameOf(dtype: SafetensorsType): string {
  return types[dtype].array.name
}

export function typeRank(dtype: SafetensorsType): number {
  return types[dtype].rank
}

/** Views bytes (whose buffer they start at an aligned place of) as the host array of a data type. */
export function viewAs<D extends SafetensorsType>(dtype: D, bytes: Uint8Array): SafetensorsArrays[D] {
  requireLittleEndian()
  const { array } = types[dtype]
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice()
  return new array(
    aligned.buffer,
    aligned.byteOffset,
    aligned.byteLength / array.BYTES_PER_ELEMENT,
  ) as SafetensorsArrays[D]
}

/** True when `data` is the host array that belongs to `dtype`. */
export function isArrayOf(dtype: SafetensorsType, data: unknown): data is SafetensorsArray {
  return ArrayBuffer.isView(data) && data.constructor.name === types[dtype].array.name
}

export function requireLittleEndian(): void {
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
    throw new LemanicError(
      'unsupported-platform',
      'safetensors: expected a little-endian machine, this one is big-endian',
    )
  }
}
