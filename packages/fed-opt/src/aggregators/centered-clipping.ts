import { checkNumber, checkWhole } from '../refuse.js'
import type { Rows } from '../rows/rows.js'
import type { Aggregator } from './aggregator.js'

export interface CenteredClippingOptions {
  /** τ > 0, in units of the vectors; Infinity gives the mean. */
  readonly radius: number
  /** L ≥ 1 passes in a round. Default 1. */
  readonly iterations?: number
}

/**
 * v ← v + (1/n) Σ (x_i − v) · min(1, τ / ‖x_i − v‖), from the aggregate of the last round (the origin in the first).
 * Ignores weights.
 *
 * Karimireddy, He, Jaggi, "Learning from History for Byzantine Robust Optimization", 2021 (arXiv 2012.10333),
 * Algorithm 1. τ `radius`, L `iterations`. Their settings: τ = 100, L = 1 (CIFAR-10); τ = 10, L = 3 (MNIST, non-iid).
 */
export function centeredClipping({ radius, iterations = 1 }: CenteredClippingOptions): Aggregator {
  checkNumber('centeredClipping', 'radius', radius, (x) => x > 0, 'a number above 0')
  checkWhole('centeredClipping', 'iterations', iterations, 1)
  return {
    name: 'centered-clipping',
    aggregate(points, { state }) {
      let center: Rows = state.center ?? points.zeros(1)
      let clipped = 0
      for (let pass = 0; pass < iterations; pass++) {
        const scales = points
          .squaredDistances(center)
          .map((square) => (square > 0 ? Math.min(1, radius / Math.sqrt(square)) : 1))
        clipped = scales.filter((scale) => scale < 1).length
        // v (1 − Σ s_i / n) + Σ s_i x_i / n
        const kept = scales.reduce((sum, scale) => sum + scale, 0) / points.count
        center = points.mix([scales.map((scale) => scale / points.count)]).add(center, 1 - kept)
      }
      return { value: center, state: { center }, telemetry: { clipped } }
    },
  }
}
