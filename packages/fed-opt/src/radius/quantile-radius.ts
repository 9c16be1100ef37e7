import { checkNumber } from '../refuse.js'
import type { RadiusPolicy } from './radius-policy.js'

export interface QuantileRadiusOptions {
  /** q, from 0 to 1: roughly this share of the points is inside. Must stay below the share δ of the smallest cluster. */
  readonly quantile: number
  /** The order statistic is multiplied by this. Default 1; the reference code for MNIST has 0.99. */
  readonly factor?: number
}

/**
 * The ⌊Nq⌋-th smallest distance, counting from 0 (a centre that is itself a point has distance 0 and counts).
 *
 * The heuristic of the paper's experiments (arXiv 2306.08393, §4), not covered by its theorem: once attackers are a share
 * of q or more, identical vectors near the victim fill the ball. q = 0.2 for MNIST, 1/K in the synthetic study.
 */
export function quantileRadius({ quantile, factor = 1 }: QuantileRadiusOptions): RadiusPolicy {
  checkNumber('quantileRadius', 'quantile', quantile, (x) => x >= 0 && x <= 1, 'a number from 0 to 1')
  checkNumber('quantileRadius', 'factor', factor, (x) => x > 0, 'a number above 0')
  return {
    name: `quantile(${quantile})`,
    radius({ distances }) {
      const sorted = distances.slice().sort()
      return factor * sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))]!
    },
  }
}
