// PowerSGD (low-rank/two-sided.ts) for digital links.
//
// Source: Vogels, Karimireddy, Jaggi, "PowerSGD: Practical Low-Rank Gradient Compression for Distributed Optimization",
// NeurIPS 2019 (arXiv 1905.13727).
// The original measures the error against what all workers receive: `errorFeedback(powerSgd(…), { target: 'aggregate' })`;
// with its delayed start: `startAfter(1000, …)` around that.

import type { Compressor } from '../compressor.js'
import { readLowRankOptions, type LowRankOptions } from '../low-rank/options.js'
import { twoSided } from '../low-rank/two-sided.js'

/**
 * Low-rank compression with both factors in every step: r·(n + m) numbers for a matrix of n × m. Biased: use it with
 * `errorFeedback`. State: `right.*` [tensors of one shape, columns, rank].
 */
export function powerSgd(options: LowRankOptions): Compressor {
  return twoSided(`powersgd, rank ${options.rank}`, 'powerSgd', readLowRankOptions('powerSgd', options))
}
