import { stack, tensor, type RandomKey, type Stacked, type Tensor } from '@lemanic/tensor-core'
import type { Compressor, CompressorProperties } from '../compressor.js'
import { shapesOf, sizeOf } from '../shapes.js'

/** A vector as bytes and back, on the host; the number of bytes depends on that of entries alone. */
export interface VectorCodec {
  byteLength(length: number): number
  /** Writes `byteLength(vector.length)` bytes, which are zero at first. */
  encode(vector: Float32Array, bytes: Uint8Array, key: RandomKey): void
  /** Fills `vector`, which is zero at first. */
  decode(bytes: Uint8Array, vector: Float32Array): void
}

export interface GatheredOptions {
  readonly name: string
  readonly properties: CompressorProperties
  readonly codec: VectorCodec
  /** What is made of the mean of all decoded vectors, in place. Default: itself. */
  readonly finish?: (mean: Float32Array) => void
}

/** A compressor whose workers' bytes everybody gets and decodes: tensor by tensor, in order of workers. */
export function gathered({ name, properties, codec, finish }: GatheredOptions): Compressor {
  return {
    name,
    properties,
    async exchange(messages, { link, run, key, state }) {
      const shapes = shapesOf(messages)
      const names = Object.keys(shapes)
      const sizes = names.map((tensorName) => sizeOf(shapes[tensorName]))
      const offsets: number[] = []
      const total = sizes.reduce((at, size) => {
        offsets.push(at)
        return at + codec.byteLength(size)
      }, 0)
      const partOf = (bytes: Uint8Array, j: number): Uint8Array =>
        bytes.subarray(offsets[j], offsets[j] + codec.byteLength(sizes[j]))

      const payloads = Array.from({ length: link.localWorkers }, () => new Uint8Array(total))
      for (const [j, tensorName] of names.entries()) {
        const data = (await messages[tensorName].data()) as Float32Array
        payloads.forEach((bytes, k) => {
          const vector = data.subarray(k * sizes[j], (k + 1) * sizes[j])
          codec.encode(vector, partOf(bytes, j), key.foldIn(j).foldIn(link.firstWorker + k))
        })
      }
      const everywhere = await link.gather(payloads)

      const decoded = (bytes: Uint8Array, j: number): Float32Array => {
        const vector = new Float32Array(sizes[j])
        codec.decode(partOf(bytes, j), vector)
        return vector
      }
      const toTensor = (vector: Float32Array, j: number): Tensor => {
        const { backend } = messages[names[j]]
        return tensor(vector, shapes[names[j]], { backend })
      }
      const received = run(() =>
        Object.fromEntries(
          names.map((tensorName, j) => {
            const sum = new Float64Array(sizes[j])
            for (const bytes of everywhere) decoded(bytes, j).forEach((value, i) => (sum[i] += value))
            const mean = Float32Array.from(sum, (value) => value / everywhere.length)
            finish?.(mean)
            return [tensorName, toTensor(mean, j)]
          }),
        ),
      )
      const sent = (): Stacked =>
        Object.fromEntries(
          names.map((tensorName, j) => [tensorName, stack(payloads.map((bytes) => toTensor(decoded(bytes, j), j)))]),
        )
      return { received, sent, state }
    },
  }
}
