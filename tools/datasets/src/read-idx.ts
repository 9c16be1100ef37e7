import { gunzipSync } from 'node:zlib'
import { DatasetError } from './dataset-error.js'

/** An array of an IDX file, in row-major order. */
export interface IdxArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
}

const types: Readonly<Record<number, { width: number; read(view: DataView, count: number): IdxArray['data'] }>> = {
  0x08: {
    width: 1,
    read: (view, count) => new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + count)),
  },
  0x09: { width: 1, read: (view, count) => new Int8Array(view.buffer.slice(view.byteOffset, view.byteOffset + count)) },
  0x0b: { width: 2, read: (view, count) => Int16Array.from({ length: count }, (_, index) => view.getInt16(index * 2)) },
  0x0c: { width: 4, read: (view, count) => Int32Array.from({ length: count }, (_, index) => view.getInt32(index * 4)) },
  0x0d: {
    width: 4,
    read: (view, count) => Float32Array.from({ length: count }, (_, index) => view.getFloat32(index * 4)),
  },
  0x0e: {
    width: 8,
    read: (view, count) => Float64Array.from({ length: count }, (_, index) => view.getFloat64(index * 8)),
  },
}

/**
 * Reads an IDX file (the format of MNIST: big-endian, a type, a shape, the numbers), gzipped or not.
 *
 * `name` is named in errors. Throws `DatasetError` (`invalid-file`) when the header is not one, or the
 * length does not fit the shape.
 */
export function readIdx(bytes: Uint8Array, name = 'IDX file'): IdxArray {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? unzip(bytes, name) : bytes
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength)
  const type = plain.length >= 4 && view.getUint16(0) === 0 ? types[view.getUint8(2)] : undefined
  const dimensions = plain.length >= 4 ? view.getUint8(3) : 0
  if (type === undefined || dimensions === 0 || plain.length < 4 + 4 * dimensions) {
    throw new DatasetError(
      'invalid-file',
      `${name}: expected an IDX header (00 00, type, dimensions), got ${Buffer.from(plain.subarray(0, 4)).toString('hex')} and ${plain.length} bytes`,
    )
  }
  const shape = Array.from({ length: dimensions }, (_, index) => view.getUint32(4 + 4 * index))
  const count = shape.reduce((product, size) => product * size, 1)
  const start = 4 + 4 * dimensions
  if (plain.length - start !== count * type.width) {
    throw new DatasetError(
      'invalid-file',
      `${name}: expected ${count * type.width} bytes for shape [${shape.join(', ')}], got ${plain.length - start}`,
      { fields: { shape } },
    )
  }
  return { shape, data: type.read(new DataView(plain.buffer, plain.byteOffset + start, count * type.width), count) }
}

function unzip(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes)
  } catch (cause) {
    throw new DatasetError('invalid-file', `${name}: expected gzip data, got ${(cause as Error).message}`, { cause })
  }
}
