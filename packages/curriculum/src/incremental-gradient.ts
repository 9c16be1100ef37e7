import { LemanicError } from '@lemanic/tensor-core'
import { checkSize, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Incremental gradient (IG): the same given order in every epoch, by default 0, 1, 2, …
 *
 * `permutation` holds each of 0 … `size` − 1 once. Bertsekas, "Incremental gradient, subgradient, and proximal
 * methods for convex optimization: a survey", 2011 (arXiv 1507.01030).
 */
export function incrementalGradientOrder(options: {
  readonly size: number
  readonly permutation?: ArrayLike<number>
}): DataOrder {
  const { size, permutation } = options
  checkSize('incrementalGradientOrder', size)
  const order =
    permutation === undefined ? Int32Array.from({ length: size }, (_, index) => index) : Int32Array.from(permutation)
  if (permutation !== undefined) checkPermutation(permutation, size)
  return {
    size,
    epoch(index) {
      checkEpoch('incrementalGradientOrder', index)
      return order.slice()
    },
  }
}

function checkPermutation(permutation: ArrayLike<number>, size: number): void {
  const refuse = (found: string): never => {
    throw new LemanicError(
      'invalid-argument',
      `incrementalGradientOrder: expected "permutation" to hold each of 0 … ${size - 1} once, ${found}`,
      {
        fields: { size },
        help: 'leave "permutation" out for the order of the data set',
      },
    )
  }
  if (permutation.length !== size) refuse(`got ${permutation.length} entries`)
  const seen = new Uint8Array(size)
  for (let at = 0; at < size; at++) {
    const index = permutation[at]
    if (!Number.isInteger(index) || index < 0 || index >= size) refuse(`got ${index} at position ${at}`)
    if (seen[index]++ === 1) refuse(`got ${index} twice (again at position ${at})`)
  }
}
