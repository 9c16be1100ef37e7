import { checkNumber } from '../refuse.js'
import { meanRow, type Rows } from '../rows/rows.js'
import { repeatRow, type Attack } from './attack.js'

/**
 * All attackers send one and the same vector near the victim, a share of the way to the honest row that is nearest to it
 * and in the opposite direction. They fill the ball of every rule that counts neighbours: quantile radii and Krum.
 *
 * Not in a paper; see the pilot of the study `personalized-federated`.
 *
 * @param options.share Distance to the victim as a share of that of its nearest honest neighbour, above 0. Default 0.5.
 */
export function duplicateCollusion({ share = 0.5 }: { readonly share?: number } = {}): Attack {
  checkNumber('duplicateCollusion', 'share', share, (x) => x > 0, 'a number above 0')
  return {
    name: 'duplicate-collusion',
    forge(honest, { own, target }) {
      const center: Rows = target ?? meanRow(honest)
      const distances = honest.squaredDistances(center)
      const others = [...distances.keys()].filter((i) => distances[i]! > 0)
      const nearest = others.reduce<number | undefined>(
        (best, i) => (best === undefined || distances[i]! < distances[best]! ? i : best),
        undefined,
      )
      if (nearest === undefined) return { rows: repeatRow(center, own.count) }
      return { rows: repeatRow(center.scale(1 + share).add(honest.select([nearest]), -share), own.count) }
    },
  }
}
