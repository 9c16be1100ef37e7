import { checkNumber } from '../refuse.js'
import type { RadiusPolicy } from './radius-policy.js'

/** Always the same τ ≥ 0. 0 leaves every centre where it is (unless points lie exactly on it), Infinity admits all. */
export function fixedRadius(radius: number): RadiusPolicy {
  checkNumber('fixedRadius', 'radius', radius, (x) => x >= 0, 'a number ≥ 0')
  return { name: `fixed(${radius})`, radius: () => radius }
}
