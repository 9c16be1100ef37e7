import { checkNumber } from '../refuse.js'
import type { PreAggregator } from './aggregator.js'

/**
 * Shrinks every row that is longer than c to the length c: x · min(1, c / ‖x‖).
 *
 * @param options.norm c > 0, in units of the vectors.
 */
export function normClipping({ norm }: { readonly norm: number }): PreAggregator {
  checkNumber('normClipping', 'norm', norm, (x) => x > 0, 'a number above 0')
  return {
    name: 'norm-clipping',
    transform(points, { weights, senders }) {
      const scales = points
        .squaredDistances(points.zeros(1))
        .map((square) => (square > 0 ? Math.min(1, norm / Math.sqrt(square)) : 1))
      return { points: points.scale(scales), weights, senders }
    },
  }
}
