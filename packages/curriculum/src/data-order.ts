import { LemanicError } from '@lemanic/tensor-core'

/**
 * The order in which the examples of a data set are visited, epoch by epoch.
 *
 * A pure function of what it was made from: `epoch(5)` is the same whether or not epochs 0 to 4 were asked for, so a
 * resumed run needs only its step number.
 */
export interface DataOrder {
  /** Number of examples in the data set. */
  readonly size: number
  /** `size` example indices, each from 0 to `size` − 1, for epoch 0, 1, 2, …; a new array at each call. */
  epoch(index: number): Int32Array
}

/** Refuses a data set size that is not an integer from 1 to 2³¹ − 1. */
export function checkSize(where: string, size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= 0x7fffffff) return
  throw new LemanicError(
    'invalid-argument',
    `${where}: expected "size" to be an integer from 1 to 2³¹ − 1, got ${size}`,
    {
      fields: { where, size },
      help: 'pass the number of examples in the data set',
    },
  )
}

/** Refuses an epoch that is not 0, 1, 2, … */
export function checkEpoch(where: string, epoch: number): void {
  if (Number.isSafeInteger(epoch) && epoch >= 0) return
  throw new LemanicError('invalid-argument', `${where}: expected the epoch to be an integer from 0, got ${epoch}`, {
    fields: { where, epoch },
    help: 'count epochs from 0',
  })
}
