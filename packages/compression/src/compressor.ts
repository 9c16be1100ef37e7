import { LemanicError } from '@lemanic/tensor-core'

/** What goes over the wire: typed arrays whose bytes are counted, and numbers that both ends know. */
export interface Payload {
  /** Number of entries of the vector that was compressed. */
  readonly length: number
  readonly parts: Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>
}

/**
 * Makes a vector smaller and back. Pure: the same vector gives the same payload.
 *
 * `decompress(compress(v))` has the length of `v`; how near it comes to `v` is the compressor's business.
 */
export interface Compressor {
  readonly name: string
  compress(vector: Float32Array): Payload
  decompress(payload: Payload): Float32Array
}

/** Bytes of a payload's arrays: what a perfect transport would send, without framing. */
export function payloadBytes(payload: Payload): number {
  return Object.values(payload.parts).reduce((total, part) => total + part.byteLength, 0)
}

/** Sends everything: 4 bytes an entry. The control arm of every comparison. */
export function uncompressed(): Compressor {
  return {
    name: 'uncompressed',
    compress: (vector) => ({ length: vector.length, parts: { values: vector.slice() } }),
    decompress: ({ length, parts }) => {
      const { values } = parts
      if (!(values instanceof Float32Array) || values.length !== length)
        throw payloadError('uncompressed', `${length} float32 "values"`)
      return values.slice()
    },
  }
}

/** A payload that this compressor did not make. */
export function payloadError(compressor: string, expected: string): LemanicError {
  return new LemanicError('invalid-payload', `${compressor}: expected a payload with ${expected}`, {
    fields: { compressor, expected },
    help: 'decompress with the compressor, and the options, that made the payload',
  })
}
