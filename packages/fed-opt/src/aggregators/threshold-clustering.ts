// Threshold clustering: Algorithm 3 of Werner, He, Jordan, Jaggi, Karimireddy, "Provably Personalized and Robust
// Federated Learning", 2023 (arXiv 2306.08393), equation 4.
//
//   z_i `points`   v_{k,0} `centers`   M `iterations`   τ_{k,l} `radius`   N the number of points
//
//   v_{k,l} = (1/N) Σ_i [ z_i · 1(‖z_i − v_{k,l−1}‖ ≤ τ_{k,l}) + v_{k,l−1} · 1(‖z_i − v_{k,l−1}‖ > τ_{k,l}) ]
//
// A centre moves by (share of points inside) · (mean of those inside − centre). Points outside count as the centre
// itself: an outlier contributes nothing, whereas centred clipping would pull it to the sphere.
//
// A centre never leaves the span of the points and the first centres, so that it is kept as weights on these, and its
// distances follow from theirs: ‖z_i − Σ_j w_j z_j‖² = Σ_j w_j D_ij − ½ Σ_jk w_j w_k D_jk for Σ w = 1. M passes then
// cost one table of squared distances D and one final combination, whatever M is.
//
// Deviations: none from the paper. The reference code compares with < in one of its copies and scales the quantile by
// 0.99 in another; here the comparison is ≤ as in the paper, and the scale an option of `quantileRadius`.

import { checkNumber, checkOptions, checkWhole } from '../refuse.js'
import { diagnoseBall, type BallDiagnostic } from '../radius/ball-diagnostic.js'
import type { RadiusPolicy } from '../radius/radius-policy.js'
import type { Rows } from '../rows/rows.js'
import type { Aggregator } from './aggregator.js'

export interface ThresholdClusteringOptions {
  /** M ≥ 1 passes. Default 10. */
  readonly iterations?: number
  readonly radius: RadiusPolicy
  /**
   * The largest share of all points that one cluster can have, above 0 and at most 1: a ball with more is reported.
   * Default: not checked.
   */
  readonly largestShare?: number
}

export interface ThresholdClustering {
  /** One row for each centre. */
  readonly centers: Rows
  /** [centres][points]: who was inside in the last pass. */
  readonly inside: boolean[][]
  /** [centres][passes] */
  readonly radii: Float64Array[]
  readonly diagnostics: readonly BallDiagnostic[]
}

/** Moves every centre to its cluster of points. `centers` has one row for each cluster that is looked for. */
export function thresholdClustering(
  points: Rows,
  centers: Rows,
  options: ThresholdClusteringOptions,
): ThresholdClustering {
  const { iterations = 10, radius, largestShare } = checked('thresholdClustering', options)
  const all = points.concat([centers])
  const table = all.pairwiseSquaredDistances()
  const inside: boolean[][] = []
  const radii: Float64Array[] = []
  const diagnostics: BallDiagnostic[] = []
  const matrix = Array.from({ length: centers.count }, (_, center) => {
    const weights = new Float64Array(all.count)
    weights[points.count + center] = 1
    const taken = new Float64Array(iterations)
    let isInside: boolean[] = []
    for (let iteration = 0; iteration < iterations; iteration++) {
      const distances = distancesOf(table, weights, points.count)
      taken[iteration] = radius.radius({ distances, iteration })
      isInside = []
      let count = 0
      for (let i = 0; i < distances.length; i++) {
        isInside.push(distances[i]! <= taken[iteration]!)
        if (isInside[i]!) count++
      }
      const share = 1 / points.count
      for (let i = 0; i < weights.length; i++)
        weights[i] = weights[i]! * (1 - count * share) + (isInside[i] === true ? share : 0)
      if (largestShare === undefined) continue
      const found = diagnoseBall({ inside: count, count: points.count, largestShare, iteration, center })
      if (found !== undefined) diagnostics.push(found)
    }
    inside.push(isInside)
    radii.push(taken)
    return weights
  })
  return { centers: all.mix(matrix), inside, radii, diagnostics }
}

/** Distances of the first `count` rows to the combination with these weights. */
function distancesOf(table: readonly Float64Array[], weights: Float64Array, count: number): Float64Array {
  const toCenter = new Float64Array(weights.length)
  let only = -1
  let used = 0
  for (let j = 0; j < weights.length; j++) {
    const weight = weights[j]!
    if (weight === 0) continue
    used++
    only = j
    const row = table[j]!
    for (let i = 0; i < toCenter.length; i++) toCenter[i]! += weight * row[i]!
  }
  // a row itself, without the rounding of 1 · D − 0
  if (used === 1) return table[only]!.slice(0, count).map(Math.sqrt)
  let spread = 0
  for (let j = 0; j < weights.length; j++) spread += (weights[j]! * toCenter[j]!) / 2
  const distances = new Float64Array(count)
  for (let i = 0; i < count; i++) distances[i] = Math.sqrt(Math.max(0, toCenter[i]! - spread))
  return distances
}

/**
 * Threshold clustering as an aggregator: one centre, which starts at the aggregate of the last round (in the first, at
 * the coordinate-wise median). Ignores weights. For personal centres use `federatedClustering`.
 */
export function thresholdClusteringAggregator(options: ThresholdClusteringOptions): Aggregator {
  checked('thresholdClusteringAggregator', options)
  return {
    name: 'threshold-clustering',
    aggregate(points, { state }) {
      const start = state.center ?? points.sortedMean(Math.floor((points.count - 1) / 2))
      const { centers, inside, radii, diagnostics } = thresholdClustering(points, start, options)
      return {
        value: centers,
        state: { center: centers },
        telemetry: {
          inside: inside[0]!.filter(Boolean).length,
          radius: radii[0]![radii[0]!.length - 1]!,
          diagnostics: diagnostics.map(({ message }) => message),
        },
      }
    },
  }
}

function checked(where: string, options: ThresholdClusteringOptions): ThresholdClusteringOptions {
  checkOptions(where, options, ['iterations', 'radius', 'largestShare'])
  if (options.iterations !== undefined) checkWhole(where, 'iterations', options.iterations, 1)
  if (options.largestShare !== undefined)
    checkNumber(where, 'largestShare', options.largestShare, (x) => x > 0 && x <= 1, 'a number above 0 and at most 1')
  return options
}
