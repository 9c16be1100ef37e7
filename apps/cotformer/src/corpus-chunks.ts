import { LemanicError } from '@lemanic/tensor-core'

/** Inputs and the tokens that follow them, both [batch, time] in row-major order. */
interface TokenBatch {
  readonly inputs: Int32Array
  readonly targets: Int32Array
  readonly batchSize: number
  readonly contextLength: number
}

/** A token stream cut into chunks that do not overlap: `contextLength` inputs and the last target each. */
export interface TokenChunks {
  /** Number of whole chunks; what is left at the end is not used. */
  readonly count: number
  readonly contextLength: number
  /** The chunks with these indices as one batch. */
  batch(indices: ArrayLike<number>): TokenBatch
}

/**
 * Cuts tokens into chunks of `contextLength + 1`.
 *
 * Throws `LemanicError` (`invalid-argument`) when not one chunk fits, or for an index outside.
 */
export function chunkTokens(tokens: Uint16Array | Int32Array, contextLength: number): TokenChunks {
  const width = contextLength + 1
  const count = Math.floor(tokens.length / width)
  if (!Number.isInteger(contextLength) || contextLength < 1 || count < 1) {
    throw new LemanicError(
      'invalid-argument',
      `contextLength: expected a whole number from 1 to ${tokens.length - 1} (for ${tokens.length} tokens), got ${contextLength}`,
      {
        fields: { contextLength, tokens: tokens.length },
        help: 'use more text or a shorter context',
      },
    )
  }
  const batch = (indices: ArrayLike<number>): TokenBatch => {
    const inputs = new Int32Array(indices.length * contextLength)
    const targets = new Int32Array(indices.length * contextLength)
    for (let row = 0; row < indices.length; row++) {
      const index = indices[row] as number
      if (!Number.isInteger(index) || index < 0 || index >= count) {
        throw new LemanicError(
          'invalid-argument',
          `batch: expected chunk indices from 0 to ${count - 1}, got ${index} at ${row}`,
          { fields: { index, row, count } },
        )
      }
      const start = index * width
      inputs.set(tokens.subarray(start, start + contextLength), row * contextLength)
      targets.set(tokens.subarray(start + 1, start + width), row * contextLength)
    }
    return { inputs, targets, batchSize: indices.length, contextLength }
  }
  return { count, contextLength, batch }
}
