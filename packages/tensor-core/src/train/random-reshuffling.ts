import { argumentError } from '../errors.js'
import type { State } from '../params/state.js'
import { randomPermutation } from '../random/distributions.js'
import type { RandomKey } from '../random/key.js'
import type { Sampler } from './sampler.js'

export interface RandomReshufflingOptions<Batch> {
  /** Number of examples. */
  readonly size: number
  /** Examples in a batch; at most `size`. */
  readonly batchSize: number
  readonly key: RandomKey
  /** Makes the batch of some examples, given their indices. */
  readonly batch: (indices: Int32Array) => Batch
  /** What happens to the last, smaller batch of an epoch. Default `drop`. */
  readonly partial?: 'drop' | 'keep'
}

/** Each epoch visits every example once, in a new random order: the default sampler. Epoch e uses `key.foldIn(e)`. */
export function randomReshuffling<Batch>(options: RandomReshufflingOptions<Batch>): Sampler<Batch> {
  const { size, batchSize, key, batch, partial = 'drop' } = options
  if (!Number.isInteger(size) || size < 1)
    throw argumentError('randomReshuffling', `size: expected a whole number ≥ 1, got ${size}`)
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > size) {
    throw argumentError(
      'randomReshuffling',
      `batchSize: expected a whole number from 1 to size (${size}), got ${batchSize}`,
    )
  }
  const epochLength = partial === 'drop' ? size - (size % batchSize) : size
  let epoch = 0
  let position = 0
  let order: Int32Array | undefined
  return {
    next() {
      if (position >= epochLength) {
        epoch += 1
        position = 0
        order = undefined
      }
      order ??= randomPermutation(key.foldIn(epoch), size)
      const indices = order.slice(position, Math.min(position + batchSize, epochLength))
      position += indices.length
      return batch(indices)
    },
    state: () => ({ json: { epoch, position, size }, tensors: {} }),
    restore({ json }: State) {
      const saved = json as { readonly epoch?: unknown; readonly position?: unknown; readonly size?: unknown } | null
      if (
        saved === null ||
        !Number.isInteger(saved.epoch) ||
        !Number.isInteger(saved.position) ||
        saved.size !== size
      ) {
        throw argumentError(
          'randomReshuffling',
          `expected the state of a sampler of ${size} examples, got ${JSON.stringify(json)}`,
        )
      }
      epoch = saved.epoch as number
      position = saved.position as number
      order = undefined
    },
  }
}
