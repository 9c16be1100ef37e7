import type { Compressor } from '../compressor.js'
import { checkFraction, checkOptions } from '../refuse.js'
import { gathered, type VectorCodec } from './gathered.js'
import { largestIndices } from './largest-indices.js'

export interface TopKOptions {
  /** Share of the entries kept, above 0 and up to 1; k = max(1, ⌊fraction · d⌋). */
  readonly fraction: number
}

/** k entries of largest magnitude: their int32 positions, then their float32 values. */
export function topKCodec(fraction: number): VectorCodec {
  const countOf = (length: number): number => (length === 0 ? 0 : Math.max(1, Math.floor(fraction * length)))
  return {
    byteLength: (length) => 8 * countOf(length),
    encode(vector, bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const indices = largestIndices(vector, countOf(vector.length))
      indices.forEach((index, i) => {
        view.setInt32(4 * i, index, true)
        view.setFloat32(4 * (indices.length + i), vector[index], true)
      })
    },
    decode(bytes, vector) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const count = bytes.byteLength / 8
      for (let i = 0; i < count; i++) vector[view.getInt32(4 * i, true)] = view.getFloat32(4 * (count + i), true)
    },
  }
}

/**
 * Top-k sparsification, tensor by tensor: the entries of largest magnitude with their positions, 8 bytes each, from
 * every worker to everybody. `bucketed(topK(…))` chooses among all tensors together.
 *
 * A contraction: ‖v − topK(v)‖² ≤ (1 − k/d)·‖v‖². Equal magnitudes: the lower index is kept. Positions differ between
 * workers, so that payloads cannot be summed on the way.
 *
 * Stich, Cordonnier, Jaggi, "Sparsified SGD with Memory", 2018 (arXiv 1809.07599).
 */
export function topK(options: TopKOptions): Compressor {
  checkOptions('topK', options, ['fraction'])
  const { fraction } = options
  checkFraction('topK', 'fraction', fraction)
  return gathered({
    name: `top-k ${fraction}`,
    properties: { linear: false, unbiased: false, needsErrorFeedback: true, allReducible: false },
    codec: topKCodec(fraction),
  })
}
