import { LemanicError } from '@lemanic/tensor-core'
import { payloadError, type Compressor } from './compressor.js'

/**
 * Top-k sparsification: the k entries of largest magnitude, with their positions; the others become 0.
 *
 * A contraction: ‖v − topK(v)‖² ≤ (1 − k/d)·‖v‖² for d entries. Equal magnitudes: the lower index is kept. 8 bytes a
 * kept entry (float32 value and int32 position). Not linear, so payloads of several workers cannot be summed before
 * they are decompressed; use it with `errorFeedback`.
 *
 * Stich, Cordonnier and Jaggi, "Sparsified SGD with Memory", 2018 (arXiv 1809.07599).
 *
 * @param options.fraction Share of the entries kept, above 0 and up to 1; k = max(1, ⌊fraction · d⌋).
 */
export function topK({ fraction }: { readonly fraction: number }): Compressor {
  if (!(fraction > 0 && fraction <= 1)) {
    throw new LemanicError('invalid-argument', `topK: expected "fraction" above 0 and at most 1, got ${fraction}`, {
      fields: { fraction },
      help: 'fraction: 0.01 keeps one entry in a hundred',
    })
  }
  return {
    name: `top-k ${fraction}`,
    compress(vector) {
      const k = vector.length === 0 ? 0 : Math.max(1, Math.floor(fraction * vector.length))
      const indices = largestIndices(vector, k)
      return { length: vector.length, parts: { indices, values: Float32Array.from(indices, (index) => vector[index]) } }
    },
    decompress({ length, parts }) {
      const { indices, values } = parts
      if (!(indices instanceof Int32Array) || !(values instanceof Float32Array) || indices.length !== values.length) {
        throw payloadError('topK', 'int32 "indices" and as many float32 "values"')
      }
      const vector = new Float32Array(length)
      indices.forEach((index, at) => {
        if (index < 0 || index >= length) throw payloadError('topK', `"indices" from 0 to ${length - 1}, not ${index}`)
        vector[index] = values[at]
      })
      return vector
    },
  }
}

/**
 * Indices, ascending, of the k entries of largest magnitude; of equal magnitudes the lower indices; NaN counts as the
 * largest, so that a broken gradient is seen rather than dropped. Linear time on average (Hoare's selection).
 */
export function largestIndices(vector: Float32Array, k: number): Int32Array {
  if (!Number.isInteger(k) || k < 0 || k > vector.length) {
    throw new LemanicError(
      'invalid-argument',
      `largestIndices: expected k to be an integer from 0 to ${vector.length}, got ${k}`,
      { fields: { k } },
    )
  }
  const magnitude = vector.map((value) => (Number.isNaN(value) ? Infinity : Math.abs(value)))
  if (k === 0) return new Int32Array(0)
  const threshold = kthLargest(magnitude.slice(), k)
  const indices = new Int32Array(k)
  let room = k
  for (const value of magnitude) if (value > threshold) room--
  // `room` entries that equal the threshold still fit; the first ones are taken.
  let at = 0
  for (let index = 0; at < k; index++) {
    if (magnitude[index] > threshold || (magnitude[index] === threshold && room-- > 0)) indices[at++] = index
  }
  return indices
}

/** The k-th largest value; reorders its argument. The pivot is the median of three, so sorted input stays linear. */
function kthLargest(values: Float32Array, k: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = medianOfThree(values[low], values[(low + high) >>> 1], values[high])
    let left = low
    let right = high
    while (left <= right) {
      while (values[left] > pivot) left++
      while (values[right] < pivot) right--
      if (left <= right) {
        const swap = values[left]
        values[left++] = values[right]
        values[right--] = swap
      }
    }
    if (k - 1 <= right) high = right
    else if (k - 1 >= left) low = left
    else break
  }
  return values[k - 1]
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}
