import { type Clients, type ClusteredRegression, clusteredRegression, type Rows } from '@lemanic/fed-opt'
import type { RandomKey } from '@lemanic/tensor-core'
import type { RegressionSizes } from '../options.js'

/** The regression of a seed, by default in the size of the preset. */
export function createRegression(
  sizes: RegressionSizes,
  key: RandomKey,
  [clusters, clientsPerCluster] = [sizes.clusters, sizes.clientsPerCluster],
): ClusteredRegression {
  const { dimension, examples, scale } = sizes
  return clusteredRegression({ clusters, clientsPerCluster, dimension, examples, scale, optima: 'sphere', key })
}

/** ‖x_i − θ*‖ of each client. */
export function errorsOf(models: Rows, { labels, optima }: Pick<ClusteredRegression, 'labels' | 'optima'>): number[] {
  const vectors = models.toVectors()
  return Array.from(labels, (label, client) => distance(vectors[client]!, optima[label]!))
}

export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2
  return Math.sqrt(sum)
}

/** Some of the clients, renumbered. */
export function subset(clients: Clients, chosen: readonly number[]): Clients {
  const renamed = <Request extends { readonly clients: ArrayLike<number> }>(request: Request): Request => ({
    ...request,
    clients: Array.from(request.clients, (client) => chosen[client]!),
  })
  return {
    count: chosen.length,
    sizes: Float64Array.from(chosen, (client) => clients.sizes[client]!),
    init: (key, count) => clients.init(key, count),
    gradients: (request) => clients.gradients(renamed(request)),
    losses: (request) => clients.losses(renamed(request)),
    train: (request) => clients.train(renamed(request)),
  }
}
