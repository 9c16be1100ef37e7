import { LemanicError, type RandomKey, randomPermutation } from '@lemanic/tensor-core'
import { checkSize } from './data-order.js'

/**
 * Cuts a data set into batches once and for all, for orders whose units are batches.
 *
 * With a `key` the examples are shuffled first, so that each batch is a random sample; without one batches hold
 * consecutive examples. `partial` says what becomes of a last, smaller batch: `drop` (default) leaves its examples out,
 * `keep` gives it. Returns the example indices of each batch.
 *
 * Throws `LemanicError` (`invalid-argument`) for an empty data set or a batch that is larger than it.
 */
export function fixedBatches(options: {
  readonly size: number
  readonly batchSize: number
  readonly key?: RandomKey
  readonly partial?: 'drop' | 'keep'
}): Int32Array[] {
  const { size, batchSize, key, partial = 'drop' } = options
  checkSize('fixedBatches', size)
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > size) {
    throw new LemanicError(
      'invalid-argument',
      `fixedBatches: expected "batchSize" to be an integer from 1 to ${size}, got ${batchSize}`,
      { fields: { batchSize, size }, help: 'a batch holds at most all examples of the data set' },
    )
  }
  const indices =
    key === undefined ? Int32Array.from({ length: size }, (_, index) => index) : randomPermutation(key, size)
  const count = partial === 'drop' ? Math.floor(size / batchSize) : Math.ceil(size / batchSize)
  return Array.from({ length: count }, (_, batch) => indices.slice(batch * batchSize, (batch + 1) * batchSize))
}
