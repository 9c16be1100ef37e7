import { checkNumber } from '../refuse.js'
import type { RadiusPolicy } from './radius-policy.js'

export interface GapRadiusOptions {
  /**
   * Distances up to this count as noise of one cluster: gaps that open below it are not looked at, and it is the least
   * radius. Default 0.
   */
  readonly floor?: number
  /** The gap has to be this many times the distance at which it opens to count as one. Default 0. */
  readonly ratio?: number
}

/**
 * The middle of the widest gap between consecutive sorted distances: where the cluster ends and the others begin. Where
 * no gap is wide enough, all points are taken (τ is the largest distance). The centre may be alone in its ball.
 */
export function gapRadius({ floor = 0, ratio = 0 }: GapRadiusOptions = {}): RadiusPolicy {
  checkNumber('gapRadius', 'floor', floor, (x) => x >= 0, 'a number ≥ 0')
  checkNumber('gapRadius', 'ratio', ratio, (x) => x >= 0, 'a number ≥ 0')
  return {
    name: 'gap',
    radius({ distances }) {
      const sorted = distances.slice().sort()
      let radius = Math.max(floor, sorted[sorted.length - 1]!)
      let widest = 0
      for (let i = 1; i < sorted.length; i++) {
        const [inner, outer] = [Math.max(floor, sorted[i - 1]!), sorted[i]!]
        const gap = outer - inner
        if (gap > widest && gap >= ratio * inner) {
          widest = gap
          radius = (inner + outer) / 2
        }
      }
      return radius
    },
  }
}
