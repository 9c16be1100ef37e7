import { randomPermutation } from '@lemanic/tensor-core'
import { checkWhole } from '../refuse.js'
import type { PreAggregator } from './aggregator.js'

/**
 * A random permutation is cut into buckets of s rows, and each bucket becomes its mean: ⌈n / s⌉ rows whose variance is
 * lower. The rule that follows keeps its f: one attacker spoils one bucket. s = 1 changes nothing but the order.
 *
 * Karimireddy, He, Jaggi, "Byzantine-Robust Learning on Heterogeneous Datasets via Bucketing", 2022 (arXiv 2006.09365),
 * Algorithm 1. s `size`.
 *
 * @param options.size s ≥ 1. Default 2.
 */
export function bucketing({ size = 2 }: { readonly size?: number } = {}): PreAggregator {
  checkWhole('bucketing', 'size', size, 1)
  return {
    name: `bucketing(${size})`,
    transform(points, { key, weights, senders }) {
      const order = randomPermutation(key, points.count)
      const buckets = Array.from({ length: Math.ceil(points.count / size) }, (_, b) =>
        order.subarray(b * size, (b + 1) * size),
      )
      const shares = buckets.map((bucket) => bucket.reduce((sum, row) => sum + weights[row]!, 0))
      const matrix = buckets.map((bucket) => {
        const row = new Float64Array(points.count)
        for (const member of bucket) row[member] = 1 / bucket.length
        return row
      })
      return {
        points: points.mix(matrix),
        weights: Float64Array.from(shares),
        senders: Int32Array.from(buckets, (bucket) => senders[bucket[0]!]!),
      }
    },
  }
}
