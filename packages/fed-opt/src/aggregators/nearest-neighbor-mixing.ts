import { argumentError, checkWhole } from '../refuse.js'
import type { PreAggregator } from './aggregator.js'

/**
 * Every row becomes the mean of its n − f nearest rows, itself among them.
 *
 * Allouah, Farhadkhani, Guerraoui, Gupta, Pinot, Stephan, "Fixing by Mixing: A Recipe for Optimal Byzantine ML under
 * Heterogeneity", 2023 (arXiv 2302.01772), Algorithm 2. f `byzantine`.
 *
 * @param options.byzantine f, from 0 to one less than the rows.
 */
export function nearestNeighborMixing({ byzantine }: { readonly byzantine: number }): PreAggregator {
  checkWhole('nearestNeighborMixing', 'byzantine', byzantine, 0)
  return {
    name: 'nearest-neighbor-mixing',
    transform(points, { weights, senders }) {
      const neighbors = points.count - byzantine
      if (neighbors < 1)
        throw argumentError(
          'nearestNeighborMixing',
          `byzantine: expected at most ${points.count - 1} of ${points.count} rows, got ${byzantine}`,
        )
      const matrix = points.pairwiseSquaredDistances().map((distances, i) => {
        // the row itself first, then by distance, then by index
        const order = [...distances.keys()].sort(
          (a, b) => Number(b === i) - Number(a === i) || distances[a]! - distances[b]! || a - b,
        )
        const row = new Float64Array(points.count)
        for (const j of order.slice(0, neighbors)) row[j] = 1 / neighbors
        return row
      })
      return { points: points.mix(matrix), weights, senders }
    },
  }
}
