import type { Aggregator } from './aggregator.js'

/**
 * The median of every coordinate; of an even number of rows, the mean of the two in the middle. Ignores weights.
 *
 * Yin, Chen, Ramchandran, Bartlett, "Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates", 2018
 * (arXiv 1803.01498).
 */
export function coordinateMedian(): Aggregator {
  return {
    name: 'coordinate-median',
    aggregate: (points) => ({ value: points.sortedMean(Math.floor((points.count - 1) / 2)) }),
  }
}
