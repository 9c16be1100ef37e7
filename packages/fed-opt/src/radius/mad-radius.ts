import { checkNumber } from '../refuse.js'
import type { RadiusPolicy } from './radius-policy.js'

export interface MadRadiusOptions {
  /** k ≥ 0. Default 3. */
  readonly factor?: number
  /** The nearest share of the distances that the two medians are taken of. Default 0.5. */
  readonly nearest?: number
}

/**
 * median + k · 1.4826 · MAD of the nearest half of the distances: a robust "mean plus k standard deviations" of the
 * cluster, as long as it holds that share of the points. 1.4826 makes the median absolute deviation one standard
 * deviation of normal numbers.
 */
export function madRadius({ factor = 3, nearest = 0.5 }: MadRadiusOptions = {}): RadiusPolicy {
  checkNumber('madRadius', 'factor', factor, (x) => x >= 0, 'a number ≥ 0')
  checkNumber('madRadius', 'nearest', nearest, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  return {
    name: `mad(${factor})`,
    radius({ distances }) {
      const near = distances
        .slice()
        .sort()
        .subarray(0, Math.max(1, Math.ceil(nearest * distances.length)))
      const middle = median(near)
      return middle + factor * 1.4826 * median(near.map((distance) => Math.abs(distance - middle)).sort())
    },
  }
}

function median(sorted: Float64Array): number {
  const half = sorted.length / 2
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2
}
