import { fillBernoulli, fillRandomNormal, type RandomKey } from '@lemanic/tensor-core'
import { argumentError, checkNumber, checkWhole } from '../refuse.js'
import { indicesTo } from '../rows/rows.js'
import { batchIndices } from './client-data.js'
import { equalClusters } from './private-labels.js'
import type { Clients } from './clients.js'
import { vectorClients } from './vector-clients.js'

export interface ClusteredRegressionOptions {
  /** K. Default 4. */
  readonly clusters?: number
  /** n_i. Default 10. */
  readonly clientsPerCluster?: number
  /** Default 10. */
  readonly dimension?: number
  /** Examples of each client. Default 12. */
  readonly examples?: number
  /** R ≥ 0, the size of the optima. Default 5. */
  readonly scale?: number
  /**
   * Where θ* lies: `corners` has coordinates 0 or R at random, as in the paper (two clusters can differ in few
   * coordinates, and ‖θ*‖ grows with the dimension); `sphere` a random direction of length R, so that all clusters are
   * about √2 R apart. Default `corners`.
   */
  readonly optima?: 'corners' | 'sphere'
  /** Standard deviation of the noise of y, ≥ 0. Default 1. */
  readonly noise?: number
  /** Examples in a batch. Default: all of the client. */
  readonly batchSize?: number
  readonly key: RandomKey
}

export interface ClusteredRegression {
  /** Loss ½ · mean (⟨x, θ⟩ − y)². */
  readonly clients: Clients
  /** Cluster of each client. */
  readonly labels: Int32Array
  /** θ*, one for each cluster. */
  readonly optima: readonly Float64Array[]
}

/**
 * Linear regression whose optimum differs from cluster to cluster: x ~ N(0, I), y = ⟨x, θ*_k⟩ + noise, so that only y | x
 * tells clusters apart.
 *
 * After Werner et al., 2023 (arXiv 2306.08393), §4. Deviations: theirs has x ~ N(k, 1) for client k and no noise.
 */
export function clusteredRegression(options: ClusteredRegressionOptions): ClusteredRegression {
  const { clusters = 4, clientsPerCluster = 10, dimension = 10, examples = 12, scale = 5, noise = 1, key } = options
  const { optima: place = 'corners' } = options
  if (place !== 'corners' && place !== 'sphere')
    throw argumentError('clusteredRegression', `optima: expected corners or sphere, got ${String(place)}`)
  checkWhole('clusteredRegression', 'clusters', clusters, 1)
  checkWhole('clusteredRegression', 'clientsPerCluster', clientsPerCluster, 1)
  checkWhole('clusteredRegression', 'dimension', dimension, 1)
  checkWhole('clusteredRegression', 'examples', examples, 1)
  checkNumber('clusteredRegression', 'scale', scale, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')
  checkNumber('clusteredRegression', 'noise', noise, (x) => x >= 0, 'a number ≥ 0')
  const { batchSize = examples } = options
  checkWhole('clusteredRegression', 'batchSize', batchSize, 1, examples)
  const optima = Array.from({ length: clusters }, (_, k) => {
    const own = key.foldIn('optima').foldIn(k)
    if (place === 'corners')
      return Float64Array.from(fillBernoulli(own, new Uint8Array(dimension), 0.5), (bit) => bit * scale)
    const direction = fillRandomNormal(own, new Float32Array(dimension))
    return Float64Array.from(direction, (x) => (x * scale) / Math.hypot(...direction))
  })
  const labels = equalClusters(clusters * clientsPerCluster, clusters)
  const dataKey = key.foldIn('data')
  const order = key.foldIn('order')
  const all = indicesTo(examples)
  const objectives = Array.from(labels, (label, client) => {
    const features = fillRandomNormal(dataKey.foldIn(client).foldIn('x'), new Float32Array(examples * dimension))
    const errors = fillRandomNormal(dataKey.foldIn(client).foldIn('y'), new Float32Array(examples))
    const inner = (example: number, model: Float64Array): number => {
      let sum = 0
      for (let k = 0; k < dimension; k++) sum += features[example * dimension + k]! * model[k]!
      return sum
    }
    const targets = Float64Array.from({ length: examples }, (_, e) => inner(e, optima[label]!) + noise * errors[e]!)
    const indices = (batch: number): Int32Array =>
      batchSize === examples ? all : batchIndices(order, client, examples, batchSize, batch)
    return {
      examples,
      gradient(model: Float64Array, { batch }: { readonly batch: number }) {
        // short and short-lived: a plain array costs less than a typed one
        const gradient = Array.from<number>({ length: dimension }).fill(0)
        const chosen = indices(batch)
        for (let at = 0; at < chosen.length; at++) {
          const e = chosen[at]!
          const residual = (inner(e, model) - targets[e]!) / batchSize
          for (let k = 0; k < dimension; k++) gradient[k]! += residual * features[e * dimension + k]!
        }
        return gradient
      },
      loss: (model: Float64Array, { batch }: { readonly batch: number }) =>
        indices(batch).reduce((sum, e) => sum + (inner(e, model) - targets[e]!) ** 2, 0) / (2 * batchSize),
    }
  })
  return { clients: vectorClients(objectives, { dimension }), labels, optima }
}
