// kNN-Per: Marfoq, Neglia, Vidal, Kameni, "Personalized Federated Learning through Local Memorization", 2022
// (arXiv 2111.09360). λ `share`, k `neighbors`, φ features of a layer of the global model.
//
//   p(y | x) = λ · Σ_{i ∈ kNN(φ(x))} 1(y_i = y) exp(−d_i / scale) / Σ exp(−d_i / scale) + (1 − λ) · p_global(y | x)
//
// Distances d_i are Euclidean, and the scale is the width of the features, as in the code of Werner et al. (2023).

import { argumentError, checkNumber, checkWhole } from '../refuse.js'

export interface KnnPersonalizationOptions {
  /** Features of the client's own examples, [examples][width]. */
  readonly features: readonly ArrayLike<number>[]
  /** Class of each of them. */
  readonly labels: ArrayLike<number>
  /** Features of what is to be classified. */
  readonly queries: readonly ArrayLike<number>[]
  /** The global model's probabilities for them, [queries][classes]. */
  readonly probabilities: readonly ArrayLike<number>[]
  /** λ, from 0 (the global model) to 1 (neighbours alone). Default 0.5. */
  readonly share?: number
  /** k ≥ 1. Default 10; a client with fewer examples uses all. */
  readonly neighbors?: number
  /** Distances are divided by this. Default: the width of the features. */
  readonly scale?: number
}

/** Personal probabilities, [queries][classes], from a global model and a memory of the client's own examples. */
export function knnPersonalization(options: KnnPersonalizationOptions): Float64Array[] {
  const { features, labels, queries, probabilities, share = 0.5, neighbors = 10 } = options
  const width = features[0]?.length
  if (width === undefined || features.length !== labels.length || queries.length !== probabilities.length) {
    throw argumentError(
      'knnPersonalization',
      `expected at least one example, a label for each and probabilities for each query, got ${features.length} examples, ${labels.length} labels, ${queries.length} queries, ${probabilities.length} rows of probabilities`,
    )
  }
  checkNumber('knnPersonalization', 'share', share, (x) => x >= 0 && x <= 1, 'a number from 0 to 1')
  checkWhole('knnPersonalization', 'neighbors', neighbors, 1)
  const scale = options.scale ?? width
  checkNumber('knnPersonalization', 'scale', scale, (x) => x > 0, 'a number above 0')
  return queries.map((query, q) => {
    const distances = features.map((row) => {
      let sum = 0
      for (let k = 0; k < width; k++) sum += (row[k]! - query[k]!) ** 2
      return Math.sqrt(sum)
    })
    const nearest = [...distances.keys()].sort((a, b) => distances[a]! - distances[b]! || a - b).slice(0, neighbors)
    // relative to the nearest, so that no weight underflows to 0 / 0
    const weights = nearest.map((i) => Math.exp((distances[nearest[0]!]! - distances[i]!) / scale))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const mixed = Float64Array.from(probabilities[q]!, (probability) => (1 - share) * probability)
    nearest.forEach((i, at) => (mixed[labels[i]!]! += (share * weights[at]!) / total))
    return mixed
  })
}
