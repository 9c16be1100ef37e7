import { RandomStream } from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { checkNumber, checkOptions, checkWhole } from '../refuse.js'
import { readBits, writeBits } from './bits.js'
import { gathered, type VectorCodec } from './gathered.js'

export interface QsgdOptions {
  /** Levels s of |x|/norm above 0, 1 … 65535. Default 7: four bits an entry. */
  readonly levels?: number
  /** Entries that share a norm. Default 512. */
  readonly bucketSize?: number
}

/** For each bucket a float32 norm; then for each entry a sign bit and its level. */
function qsgdCodec(levels: number, bucketSize: number): VectorCodec {
  const width = 1 + Math.ceil(Math.log2(levels + 1))
  const buckets = (length: number): number => Math.ceil(length / bucketSize)
  return {
    byteLength: (length) => 4 * buckets(length) + Math.ceil((length * width) / 8),
    encode(vector, bytes, key) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const stream = new RandomStream(key)
      const codes = new Uint32Array(vector.length)
      for (let bucket = 0; bucket < buckets(vector.length); bucket++) {
        const part = vector.subarray(bucket * bucketSize, (bucket + 1) * bucketSize)
        const norm = Math.fround(Math.sqrt(part.reduce((sum, value) => sum + value * value, 0)))
        view.setFloat32(4 * bucket, norm, true)
        if (norm === 0) continue
        part.forEach((value, i) => {
          const scaled = Math.min(1, Math.abs(value) / norm) * levels
          const below = Math.floor(scaled)
          const level = below + (stream.nextUniform() < scaled - below ? 1 : 0)
          codes[bucket * bucketSize + i] = 2 * level + (value < 0 ? 1 : 0)
        })
      }
      writeBits(bytes.subarray(4 * buckets(vector.length)), codes, width)
    },
    decode(bytes, vector) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const codes = readBits(bytes.subarray(4 * buckets(vector.length)), vector.length, width)
      for (let i = 0; i < vector.length; i++) {
        const magnitude = (view.getFloat32(4 * Math.floor(i / bucketSize), true) * (codes[i] >>> 1)) / levels
        vector[i] = (codes[i] & 1) === 1 ? -magnitude : magnitude
      }
    },
  }
}

/**
 * QSGD: each entry is rounded at random to one of the levels of its bucket's norm, so that its mean is right. Unbiased;
 * ‖·‖² grows by at most min(n/s², √n/s)·‖x‖² for buckets of n.
 *
 * Alistarh, Grubic, Li, Tomioka, Vojnovic, "QSGD", NeurIPS 2017 (arXiv 1610.02132), with levels of fixed width rather than
 * Elias codes.
 */
export function qsgd(options: QsgdOptions = {}): Compressor {
  checkOptions('qsgd', options, ['levels', 'bucketSize'])
  const { levels = 7, bucketSize = 512 } = options
  checkNumber(
    'qsgd',
    'levels',
    levels,
    (x) => Number.isInteger(x) && x >= 1 && x <= 65535,
    'a whole number from 1 to 65535',
  )
  checkWhole('qsgd', 'bucketSize', bucketSize, 1)
  return gathered({
    name: `qsgd, ${levels} levels`,
    properties: { linear: false, unbiased: true, needsErrorFeedback: false, allReducible: false },
    codec: qsgdCodec(levels, bucketSize),
  })
}
