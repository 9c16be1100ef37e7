import { checkWhole } from '../refuse.js'
import { momentsOfRows } from './deviations.js'
import { meanRow, type Rows } from '../rows/rows.js'
import { repeatRow, type Attack } from './attack.js'

export interface MinMaxOptions {
  /** Direction of the perturbation: against the mean, or against the standard deviations. Default `deviation`. */
  readonly direction?: 'mean' | 'deviation'
  /** Bisection steps for γ. Default 40. */
  readonly steps?: number
}

/**
 * Every attacker sends mean + γ p with the largest γ that keeps it no farther from any honest row than the two honest
 * rows that are farthest from each other; p = −std (coordinate-wise) or −mean / ‖mean‖.
 *
 * Shejwalkar and Houmansadr, "Manipulating the Byzantine: Optimizing Model Poisoning Attacks and Defenses for Federated
 * Learning", 2021, §IV-B (AGR-agnostic min–max). γ is found by bisection; the paper halves a step instead.
 */
export function minMax({ direction = 'deviation', steps = 40 }: MinMaxOptions = {}): Attack {
  checkWhole('minMax', 'steps', steps, 1)
  return {
    name: 'min-max',
    forge(honest, { own }) {
      const mean = meanRow(honest)
      const toward: Rows = (direction === 'mean' ? mean : momentsOfRows(honest, 1).deviation).scale(-1)
      const length = Math.sqrt(toward.squaredDistances(toward.zeros(1))[0]!)
      if (length === 0) return { rows: repeatRow(mean, own.count) }
      const unit = toward.scale(1 / length)
      // ‖mean + γu − h_i‖² = γ² + 2γ⟨u, mean − h_i⟩ + ‖mean − h_i‖²
      const squares = honest.squaredDistances(mean)
      const slopes = honest.add(mean, -1).dot(unit)
      const limit = Math.max(...honest.pairwiseSquaredDistances().map((row) => Math.max(...row)))
      const reaches = (gamma: number): boolean =>
        squares.every((square, i) => gamma * gamma - 2 * gamma * slopes[i]! + square <= limit)
      let [low, high] = [0, 2 * Math.sqrt(limit) + Number.MIN_VALUE]
      for (let step = 0; step < steps; step++) {
        const middle = (low + high) / 2
        if (reaches(middle)) low = middle
        else high = middle
      }
      return { rows: repeatRow(mean.add(unit, low), own.count) }
    },
  }
}
