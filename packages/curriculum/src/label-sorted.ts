import { LemanicError } from '@lemanic/tensor-core'
import type { OrderOptions, ScheduledOrder } from './data-order.js'
import { fixedOrder } from './incremental-gradient.js'

/**
 * Incremental gradient by label: all of the lowest label first, then the next; units of one label keep their order.
 *
 * What happens to a data set that is stored class by class and never shuffled. `labels` holds one number a unit, so the
 * size is theirs.
 */
export function labelSortedOrder(
  options: Omit<OrderOptions, 'size'> & { readonly labels: ArrayLike<number> },
): ScheduledOrder {
  const { labels } = options
  const size = labels.length
  for (let unit = 0; unit < size; unit++) {
    if (Number.isFinite(labels[unit])) continue
    throw new LemanicError(
      'invalid-argument',
      `label-sorted: expected every label to be a finite number, got ${labels[unit]} for unit ${unit}`,
      { fields: { unit }, help: 'number the classes 0, 1, 2, …' },
    )
  }
  return fixedOrder('label-sorted', { ...options, size }, () => sortedBy(labels))
}

/** 0 … length − 1 by rising value; equal values keep their order. */
export function sortedBy(values: ArrayLike<number>): Int32Array {
  const indices = Array.from({ length: values.length }, (_, index) => index)
  return Int32Array.from(indices.sort((left, right) => values[left]! - values[right]! || left - right))
}
