import { LemanicError, type Sampler, type State } from '@lemanic/tensor-core'
import type { DataOrder } from './data-order.js'

/** How an order becomes batches. */
export interface OrderSamplerOptions<Batch> {
  /** Examples in a batch, 1 to the size of the data set. */
  readonly batchSize: number
  /** Makes the batch of some examples, given their indices. */
  readonly batch: (indices: Int32Array) => Batch
  /** What happens to the last, smaller batch of an epoch. Default `drop`. */
  readonly partial?: 'drop' | 'keep'
}

/**
 * A sampler for `train` that visits examples in the given order; no batch reaches over the end of an epoch.
 *
 * State: epoch and position. With a `randomReshufflingOrder` it gives the batches of tensor-core's `randomReshuffling`
 * for the same key.
 */
export function orderSampler<Batch>(order: DataOrder, options: OrderSamplerOptions<Batch>): Sampler<Batch> {
  const { batchSize, batch, partial = 'drop' } = options
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > order.size) {
    throw new LemanicError(
      'invalid-argument',
      `orderSampler: expected "batchSize" to be an integer from 1 to ${order.size}, got ${batchSize}`,
      {
        fields: { batchSize, size: order.size },
        help: 'a batch holds at most all examples of the data set',
      },
    )
  }
  if (partial !== 'drop' && partial !== 'keep') {
    throw new LemanicError(
      'invalid-argument',
      `orderSampler: expected "partial" to be "drop" or "keep", got ${JSON.stringify(partial)}`,
      { fields: { partial } },
    )
  }
  const epochLength = partial === 'drop' ? order.size - (order.size % batchSize) : order.size
  let epoch = 0
  let position = 0
  let indices: Int32Array | undefined
  return {
    next() {
      if (position >= epochLength) {
        epoch += 1
        position = 0
        indices = undefined
      }
      indices ??= order.epoch(epoch)
      const chosen = indices.slice(position, Math.min(position + batchSize, epochLength))
      position += chosen.length
      return batch(chosen)
    },
    state: () => ({ json: { epoch, position, size: order.size }, tensors: {} }),
    restore({ json }: State) {
      const saved = json as { readonly epoch?: unknown; readonly position?: unknown; readonly size?: unknown } | null
      if (
        saved === null ||
        !Number.isInteger(saved.epoch) ||
        !Number.isInteger(saved.position) ||
        saved.size !== order.size
      ) {
        throw new LemanicError(
          'invalid-argument',
          `orderSampler: expected the state of a sampler of ${order.size} examples, got ${JSON.stringify(json)}`,
          {
            help: 'resume with the data set of the checkpoint',
          },
        )
      }
      epoch = saved.epoch as number
      position = saved.position as number
      indices = undefined
    },
  }
}
