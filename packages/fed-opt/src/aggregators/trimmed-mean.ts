import { argumentError, checkWhole } from '../refuse.js'
import type { Aggregator } from './aggregator.js'

/**
 * Coordinate by coordinate, the mean without the b smallest and the b largest values. Ignores weights.
 *
 * Yin, Chen, Ramchandran, Bartlett, 2018 (arXiv 1803.01498), Definition 2. b `byzantine`.
 *
 * @param options.byzantine b ≥ 0; needs more than 2b rows.
 */
export function trimmedMean({ byzantine }: { readonly byzantine: number }): Aggregator {
  checkWhole('trimmedMean', 'byzantine', byzantine, 0)
  const check = (count: number): void => {
    if (count > 2 * byzantine) return
    throw argumentError('trimmedMean', `byzantine: ${byzantine} needs more than ${2 * byzantine} rows, got ${count}`, {
      help: 'lower byzantine, or let more clients take part',
    })
  }
  return {
    name: 'trimmed-mean',
    byzantine,
    check,
    aggregate(points) {
      check(points.count)
      return { value: points.sortedMean(byzantine) }
    },
  }
}
