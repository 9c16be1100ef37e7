import {
  classificationClients,
  type ClientData,
  type CompiledClients,
  equalClusters,
  iidPartition,
  paramsClients,
  privateLabels,
  rotateImage,
} from '@lemanic/fed-opt'
import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import type { LabelledImages } from '@lemanic/datasets'
import type { Setting } from '../arms.js'
import type { Digits } from '@lemanic/datasets'
import type { MnistSizes } from '../options.js'
import { initialParams, lossOf, stackedLossOf } from './network.js'

/** Grey values 0 … 1 of some pictures, [pictures, side · side], and their true classes. */
export interface Pictures {
  readonly values: Float32Array
  readonly labels: Int32Array
}

/** What the clients of a seed hold, and what they are tested on. */
export interface ClientDigits {
  /** The caller disposes them. */
  readonly clients: CompiledClients
  /** Cluster of each client. */
  readonly clusters: Int32Array
  readonly data: readonly ClientData[]
  /** Pictures of the test as each cluster sees them. */
  readonly tests: readonly Pictures[]
}

/**
 * The digits of a seed: every client owns `pictures` of its own, the same in every round and for every method. Clients of
 * cluster k see all turned by k · 90° (`rotation`), or call class y (y + k) mod 10 (`private`).
 *
 * `attackers` clients more come last; of cluster 0, with pictures of their own.
 *
 * @param on `test` uses the published test pictures; `validation` training pictures that no client holds.
 */
export function clientDigits(options: {
  readonly digits: Digits
  readonly setting: Setting
  readonly sizes: MnistSizes
  readonly key: RandomKey
  readonly attackers?: number
  readonly on?: 'test' | 'validation'
}): ClientDigits {
  const { digits, setting, sizes, key, attackers = 0, on = 'test' } = options
  const { pictures, testPictures, side, width } = sizes
  const honest = sizes.clusters * sizes.clientsPerCluster
  const count = honest + attackers
  const chosen = randomPermutation(key.foldIn('pictures'), digits.train.count)
  const held = pick(digits.train, chosen.subarray(0, count * pictures), side)
  const tested =
    on === 'test'
      ? pick(digits.test, randomPermutation(key.foldIn('test'), digits.test.count).subarray(0, testPictures), side)
      : pick(digits.train, chosen.subarray(count * pictures, count * pictures + testPictures), side)
  const clusters = Int32Array.from([...equalClusters(honest, sizes.clusters), ...new Int32Array(attackers)])
  const partition = iidPartition({ examples: count * pictures, clients: count, key: key.foldIn('partition') })
  const view =
    setting === 'private'
      ? { relabel: privateLabels(clusters, 10) }
      : { transform: (image: Float32Array, client: number) => rotateImage(image, side, clusters[client]!) }
  const data = classificationClients({
    features: held.values,
    shape: [side * side],
    labels: held.labels,
    partition,
    ...view,
  })
  return {
    clients: paramsClients({
      data,
      init: (own) => initialParams(own, side * side, width),
      loss: lossOf,
      stackedLoss: stackedLossOf,
      key: key.foldIn('order'),
    }),
    clusters,
    data,
    tests: Array.from({ length: sizes.clusters }, (_, cluster) => seenBy(tested, setting, cluster, side)),
  }
}

/** Pictures as the clients of a cluster see them. */
function seenBy({ values, labels }: Pictures, setting: Setting, cluster: number, side: number): Pictures {
  if (setting === 'private') return { values, labels: labels.map((label) => (label + cluster) % 10) }
  const size = side * side
  const turned = new Float32Array(values.length)
  labels.forEach((_, i) => turned.set(rotateImage(values.subarray(i * size, (i + 1) * size), side, cluster), i * size))
  return { values: turned, labels }
}

/** Some pictures in grey 0 … 1, at 28 × 28 or as means of 2 × 2. */
export function pick(from: LabelledImages, indices: Int32Array, side: number): Pictures {
  const block = from.width / side
  const values = new Float32Array(indices.length * side * side)
  indices.forEach((picture, at) => {
    const start = picture * from.width * from.height
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        let sum = 0
        for (let y = 0; y < block; y++)
          for (let x = 0; x < block; x++)
            sum += from.pixels[start + (row * block + y) * from.width + column * block + x]!
        values[(at * side + row) * side + column] = sum / (255 * block * block)
      }
  })
  return { values, labels: Int32Array.from(indices, (picture) => from.labels[picture]!) }
}
