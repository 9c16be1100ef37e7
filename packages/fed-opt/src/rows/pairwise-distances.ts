import { matmul, multiply, reshape, scope, slice, subtract, sum, type Params } from '@lemanic/tensor-core'
import { rowAt, type Rows } from './rows.js'

/** Below this share of ‖a‖² + ‖b‖² a difference of float32 products has lost too many digits. */
const cancellation = 1e-3

/**
 * Squared distances between all rows of stacked parameters as ‖a‖² + ‖b‖² − 2⟨a, b⟩, one matrix product for each
 * tensor, relative to a row of median norm (so that outliers do not spoil the precision of the others). Entries in
 * which the subtraction still cancels are taken again from the difference of the two rows.
 */
export function pairwiseDistances(rows: Rows, stacked: Params): Float64Array[] {
  const { count } = rows
  const norms = rows.squaredDistances(rows.zeros(1))
  const origin = [...norms.keys()].sort((a, b) => norms[a]! - norms[b]!)[Math.floor((count - 1) / 2)]!
  const inner = new Float64Array(count * count)
  const squares = new Float64Array(count)
  for (const value of Object.values(stacked)) {
    const [products, parts] = scope(() => {
      const matrix = reshape(value, [count, value.size / count])
      const centered = subtract(matrix, slice(matrix, [[origin, origin + 1]]))
      return [
        matmul(centered, centered, { transposeB: true }).dataSync(),
        sum(multiply(centered, centered), 1).dataSync(),
      ]
    })
    for (let i = 0; i < inner.length; i++) inner[i]! += products[i] as number
    for (let i = 0; i < count; i++) squares[i]! += parts[i] as number
  }
  const matrix = Array.from({ length: count }, () => new Float64Array(count))
  for (let i = 0; i < count; i++) {
    const again: number[] = []
    for (let j = 0; j < i; j++) {
      const scale = squares[i]! + squares[j]!
      const distance = scale - 2 * inner[i * count + j]!
      matrix[i]![j] = matrix[j]![i] = distance
      if (!(distance > cancellation * scale)) again.push(j)
    }
    if (again.length === 0) continue
    const exact = scope(() => rows.select(again).squaredDistances(rowAt(rows, i)))
    again.forEach((j, at) => {
      matrix[i]![j] = matrix[j]![i] = exact[at]!
    })
  }
  return matrix
}
