import { checkNumber, checkWhole } from '../refuse.js'
import { equalWeights, meanRow, normalized, type Rows } from '../rows/rows.js'
import type { Aggregator } from './aggregator.js'

export interface GeometricMedianOptions {
  /** T ≥ 1 steps. Default 8. */
  readonly iterations?: number
  /** ν > 0: distances below it count as ν. Default 0.1. */
  readonly smoothing?: number
  /** Where the steps start: the origin, as in the reference code, or the mean. Default `zero`. */
  readonly start?: 'zero' | 'mean'
  /** Use the clients' shares α. Default true. */
  readonly weighted?: boolean
}

/**
 * The smoothed geometric median by Weiszfeld steps: β_k = α_k / max(‖z − w_k‖, ν), z ← Σ β_k w_k / Σ β_k.
 *
 * Pillutla, Kakade, Harchaoui, "Robust Aggregation for Federated Learning", 2019 (arXiv 1912.13445), Algorithm 2.
 * T `iterations`, ν `smoothing`, α `weights`.
 */
export function geometricMedian(options: GeometricMedianOptions = {}): Aggregator {
  const { iterations = 8, smoothing = 0.1, start = 'zero', weighted = true } = options
  checkWhole('geometricMedian', 'iterations', iterations, 1)
  checkNumber('geometricMedian', 'smoothing', smoothing, (x) => x > 0 && x < Infinity, 'a number above 0')
  return {
    name: 'geometric-median',
    aggregate(points, { weights }) {
      const shares = weighted ? weights : equalWeights(points.count)
      let center: Rows = start === 'zero' ? points.zeros(1) : meanRow(points, shares)
      for (let step = 0; step < iterations; step++) {
        const distances = points.squaredDistances(center)
        center = points.mix([
          normalized(shares.map((share, k) => share / Math.max(Math.sqrt(distances[k]!), smoothing))),
        ])
      }
      return { value: center }
    },
  }
}
