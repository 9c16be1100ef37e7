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

/**
 * Random reshuffling as a function of the step: which chunks step 0, 1, 2 … takes.
 *
 * `order(epoch)` gives the order of an epoch, a permutation of 0 to count − 1 (from a random key, so
 * that a resumed run takes the same chunks). Every chunk comes once an epoch; a batch may reach over the
 * end of an epoch into the next. Throws `LemanicError` (`invalid-argument`) when an order is no permutation.
 */
export function reshuffledBatches(options: {
  readonly count: number
  readonly batchSize: number
  readonly order: (epoch: number) => ArrayLike<number>
}): (step: number) => Int32Array {
  const { count, batchSize, order } = options
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new LemanicError('invalid-argument', `batchSize: expected a whole number of at least 1, got ${batchSize}`, {
      fields: { batchSize },
    })
  }
  let known: { epoch: number; indices: ArrayLike<number> } | undefined
  const orderOf = (epoch: number): ArrayLike<number> => {
    if (known?.epoch === epoch) return known.indices
    const indices = order(epoch)
    const seen = new Uint8Array(count)
    for (let position = 0; position < indices.length; position++) seen[indices[position] as number] = 1
    if (indices.length !== count || seen.includes(0)) {
      throw new LemanicError(
        'invalid-argument',
        `order: expected a permutation of 0 to ${count - 1} for epoch ${epoch}, got ${indices.length} indices that miss some`,
        { fields: { epoch, count } },
      )
    }
    known = { epoch, indices }
    return indices
  }
  return (step) =>
    Int32Array.from({ length: batchSize }, (_, row) => {
      const position = step * batchSize + row
      return orderOf(Math.floor(position / count))[position % count] as number
    })
}
