import { LemanicError } from '@lemanic/tensor-core'
import { checkCount, checkEpoch, type DataOrder } from './data-order.js'

/**
 * Incremental gradient (IG): the same given order in every epoch, by default 0, 1, 2, …
 *
 * `permutation` holds each of 0 … `count` − 1 once. Bertsekas, "Incremental gradient, subgradient, and proximal
 * methods for convex optimization: a survey", 2011 (arXiv 1507.01030).
 */
export function incrementalGradient(options: { readonly count: number; readonly permutation?: ArrayLike<number> }): DataOrder {
  const { count, permutation } = options
  checkCount('incrementalGradient', count)
  const order = permutation === undefined ? Int32Array.from({ length: count }, (_, index) => index) : Int32Array.from(permutation)
  if (permutation !== undefined) checkPermutation(permutation, count)
  return {
    count,
    epoch(index) {
      checkEpoch('incrementalGradient', index)
      return order.slice()
    },
  }
}

function checkPermutation(permutation: ArrayLike<number>, count: number): void {
  const refuse = (found: string): never => {
    throw new LemanicError('invalid-argument', `incrementalGradient: expected "permutation" to hold each of 0 … ${count - 1} once, ${found}`, {
      fields: { count },
      help: 'leave "permutation" out for the order of the data set',
    })
  }
  if (permutation.length !== count) refuse(`got ${permutation.length} entries`)
  const seen = new Uint8Array(count)
  for (let at = 0; at < count; at++) {
    const index = permutation[at]
    if (!Number.isInteger(index) || index < 0 || index >= count) refuse(`got ${index} at position ${at}`)
    if (seen[index]++ === 1) refuse(`got ${index} twice (again at position ${at})`)
  }
}
