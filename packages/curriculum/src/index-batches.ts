import { LemanicError } from '@lemanic/tensor-core'
import type { DataOrder } from './data-order.js'

/** Batches of example indices by step number. */
export interface IndexBatches {
  readonly batchesPerEpoch: number
  /** Indices of the batch of a step, from 0; `batchSize` of them, or fewer at the end of an epoch that keeps its rest. */
  at(step: number): Int32Array
}

/**
 * Cuts the epochs of an order into batches that never reach over the end of an epoch.
 *
 * @param options.batchSize 1 to the number of examples.
 * @param options.rest What becomes of the last examples of an epoch that fill no batch: `drop` (default; every step has
 *   the same size) or `keep` (a smaller last batch, so that an epoch visits every example).
 */
export function indexBatches(order: DataOrder, options: { readonly batchSize: number; readonly rest?: 'drop' | 'keep' }): IndexBatches {
  const { batchSize, rest = 'drop' } = options
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > order.count) {
    throw new LemanicError('invalid-argument', `indexBatches: expected "batchSize" to be an integer from 1 to ${order.count}, got ${batchSize}`, {
      fields: { batchSize, count: order.count },
      help: 'a batch holds at most all examples of the data set',
    })
  }
  if (rest !== 'drop' && rest !== 'keep') {
    throw new LemanicError('invalid-argument', `indexBatches: expected "rest" to be "drop" or "keep", got ${JSON.stringify(rest)}`, { fields: { rest } })
  }
  const batchesPerEpoch = rest === 'drop' ? Math.floor(order.count / batchSize) : Math.ceil(order.count / batchSize)
  // Steps come in sequence, so the order of one epoch is kept; it changes no result.
  let kept: { readonly epoch: number; readonly indices: Int32Array } | undefined
  return {
    batchesPerEpoch,
    at(step) {
      if (!Number.isSafeInteger(step) || step < 0) {
        throw new LemanicError('invalid-argument', `indexBatches: expected the step to be an integer from 0, got ${step}`, { fields: { step } })
      }
      const epoch = Math.floor(step / batchesPerEpoch)
      if (kept?.epoch !== epoch) kept = { epoch, indices: order.epoch(epoch) }
      const start = (step % batchesPerEpoch) * batchSize
      return kept.indices.slice(start, start + batchSize)
    },
  }
}
