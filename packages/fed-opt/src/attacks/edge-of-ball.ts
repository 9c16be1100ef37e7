import { checkNumber } from '../refuse.js'
import { meanRow, type Rows } from '../rows/rows.js'
import { repeatRow, type Attack } from './attack.js'

export interface EdgeOfBallOptions {
  /** τ > 0: the radius that the victim uses, in units of the vectors. */
  readonly radius: number
  /** The share of τ at which the attackers sit, above 0. Default 0.999. */
  readonly share?: number
  /** `fixed`: one random direction for all rounds; `descent`: against the honest mean. Default `fixed`. */
  readonly direction?: 'fixed' | 'descent'
}

/**
 * All attackers sit just inside the ball of the victim, v + 0.999 τ u: the strongest that a known radius allows.
 *
 * Werner et al., 2023 (arXiv 2306.08393), remark after Theorem 1. State: `direction`.
 */
export function edgeOfBall({ radius, share = 0.999, direction = 'fixed' }: EdgeOfBallOptions): Attack {
  checkNumber('edgeOfBall', 'radius', radius, (x) => x > 0, 'a number above 0')
  checkNumber('edgeOfBall', 'share', share, (x) => x > 0, 'a number above 0')
  return {
    name: 'edge-of-ball',
    forge(honest, { own, key, target, state }) {
      const center = target ?? meanRow(honest)
      const raw: Rows = direction === 'descent' ? meanRow(honest).scale(-1) : (state.direction ?? honest.normal(key, 1))
      const norm = Math.sqrt(raw.squaredDistances(raw.zeros(1))[0]!)
      const point = norm > 0 ? center.add(raw, (share * radius) / norm) : center
      return { rows: repeatRow(point, own.count), ...(direction === 'fixed' ? { state: { direction: raw } } : {}) }
    },
  }
}
