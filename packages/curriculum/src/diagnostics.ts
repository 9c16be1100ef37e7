import { LemanicError } from '@lemanic/tensor-core'
import { checkGradients, type GradientTable } from './gradient-table.js'

/** How far partial sums of centred gradients stray along an order. */
export interface PeriodVariance {
  /** σ²_τ: the mean over blocks. */
  readonly average: number
  readonly largest: number
  /** σ²_{k,τ} of each whole block k = 0, 1, … */
  readonly blocks: Float64Array
}

/**
 * Period variance σ²_{k,τ} of an order at a frozen point x (Koloskova et al., ICML 2024, arXiv 2305.19259): in each block
 * of τ consecutive visits, the largest squared norm of a partial sum of centred gradients,
 *
 *     σ²_{k,τ} = max_{kτ < t ≤ (k+1)τ} ‖ Σ_{j=kτ}^{t−1} (∇f_{i_j}(x) − ∇f(x)) ‖²
 *
 * `order`: the unit of each visit, one epoch or many (`order.epoch(e)`, or what a run recorded), at least τ of them; an
 * unfinished last block is left out. `x`: the gradients of all units at the point. `τ` is Θ(1/(Lγ)) in the theory.
 * Small values mean that neighbours in the order cancel; the error of SGD grows like F₀/(γT) + L²γ² σ²_τ.
 *
 * Throws `LemanicError` (`invalid-argument`) when τ is not an integer from 1 to the number of visits.
 */
export function periodVariance(order: ArrayLike<number>, x: GradientTable, τ: number): PeriodVariance {
  if (!Number.isInteger(τ) || τ < 1 || τ > order.length) {
    throw new LemanicError(
      'invalid-argument',
      `periodVariance: expected τ to be an integer from 1 to ${order.length} (the visits), got ${τ}`,
      { fields: { τ, visits: order.length }, help: 'record more epochs, or take ⌈1/(Lγ)⌉ of a larger step size' },
    )
  }
  const squares = prefixSquares(order, x, τ)
  const blocks = new Float64Array(Math.floor(order.length / τ))
  for (let at = 0; at < blocks.length * τ; at++) {
    const block = Math.floor(at / τ)
    blocks[block] = Math.max(blocks[block]!, squares[at]!)
  }
  return {
    average: blocks.reduce((sum, value) => sum + value, 0) / blocks.length,
    largest: blocks.reduce((most, value) => Math.max(most, value), 0),
    blocks,
  }
}

/**
 * ‖Σ_{j<t} (∇f_{i_j}(x) − ∇f(x))‖ for t = 1, 2, … along an order: the discrepancy that herding and balancing keep small.
 * Its maximum over one epoch is the H of the theory. `order` and `x` as for `periodVariance`.
 */
export function prefixDeviation(order: ArrayLike<number>, x: GradientTable): Float64Array {
  return prefixSquares(order, x, order.length).map(Math.sqrt)
}

/** Squared norms of the partial sums, which start anew after every `period` visits. */
function prefixSquares(order: ArrayLike<number>, x: GradientTable, period: number): Float64Array {
  checkGradients('diagnostics', x)
  const { size, dimension, values } = x
  const mean = new Float64Array(dimension)
  for (let at = 0; at < size * dimension; at++) mean[at % dimension]! += values[at]!
  for (let k = 0; k < dimension; k++) mean[k]! /= size
  const sum = new Float64Array(dimension)
  return Float64Array.from({ length: order.length }, (_, at) => {
    const unit = order[at]!
    if (!Number.isInteger(unit) || unit < 0 || unit >= size) {
      throw new LemanicError(
        'invalid-argument',
        `diagnostics: expected the order to hold units from 0 to ${size - 1}, got ${unit} at ${at}`,
        { fields: { unit, at, size }, help: 'pass the gradients of the data set that the order visits' },
      )
    }
    if (at % period === 0) sum.fill(0)
    let square = 0
    for (let k = 0; k < dimension; k++) {
      sum[k]! += values[unit * dimension + k]! - mean[k]!
      square += sum[k]! ** 2
    }
    return square
  })
}

/** Whether a list holds each of 0 … length − 1 exactly once: the proof that an epoch missed nothing and repeated nothing. */
export function isPermutation(indices: ArrayLike<number>): boolean {
  const seen = new Uint8Array(indices.length)
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]!
    if (!Number.isInteger(index) || index < 0 || index >= indices.length || seen[index] === 1) return false
    seen[index] = 1
  }
  return true
}
