import { checkPermutation, checkSize, type OrderOptions, type ScheduledOrder } from './data-order.js'
import { checksum } from './order-identity.js'
import { scheduledOrder, wholeEpoch } from './scheduled-order.js'

/**
 * Incremental gradient (IG): the same given order in every epoch, by default 0, 1, 2, …
 *
 * `permutation` holds each of 0 … `size` − 1 once. Bertsekas, "Incremental gradient, subgradient, and proximal
 * methods for convex optimization: a survey", 2011 (arXiv 1507.01030).
 */
export function incrementalGradientOrder(
  options: OrderOptions & { readonly permutation?: ArrayLike<number> },
): ScheduledOrder {
  const { size, permutation } = options
  checkSize('incremental', size)
  if (permutation !== undefined) checkPermutation('incremental', permutation, size)
  return fixedOrder('incremental', options, () =>
    permutation === undefined ? Int32Array.from({ length: size }, (_, index) => index) : Int32Array.from(permutation),
  )
}

/** The order that visits one list in every epoch; `list` is called once. */
export function fixedOrder(kind: string, options: OrderOptions, list: () => Int32Array): ScheduledOrder {
  const indices = list()
  return scheduledOrder({
    ...options,
    kind,
    identity: { permutation: checksum(indices) },
    part: () => wholeEpoch(indices),
  })
}
