import { argumentError } from '../refuse.js'

/**
 * Indices, ascending, of the k entries of largest magnitude; of equal magnitudes the lower indices; NaN counts as the
 * largest, so that a broken gradient is seen rather than dropped. Linear time on average (Hoare's selection).
 */
export function largestIndices(vector: Float32Array, k: number): Int32Array {
  if (!Number.isInteger(k) || k < 0 || k > vector.length) {
    throw argumentError('largestIndices', `expected k to be an integer from 0 to ${vector.length}, got ${k}`)
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
