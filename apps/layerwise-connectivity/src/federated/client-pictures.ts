import {
  classificationClients,
  dirichletPartition,
  labelShardPartition,
  type ClientData,
  type Partition,
} from '@lemanic/fed-opt'
import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import type { SplitName } from '../arms.js'
import { pick, type PictureSet } from '../data/pictures.js'
import type { FederatedSizes } from '../options.js'
import type { LabelledTensors } from '../vision/measure-pictures.js'

/** What each client trains on, and pictures of its own kind that it does not. */
export interface ClientPictures {
  readonly training: readonly ClientData[]
  readonly test: readonly LabelledTensors[]
}

/** Pictures of a seed split among clients by label, and each client's into training and test. The caller owns the test. */
export function clientPictures(
  { train }: PictureSet,
  split: SplitName,
  sizes: FederatedSizes,
  key: RandomKey,
): ClientPictures {
  const chosen = randomPermutation(key.foldIn('sample'), train.count).subarray(0, sizes.images)
  const labels = chosen.map((picture) => train.labels[picture]!)
  const common = { labels, clients: sizes.clients, key: key.foldIn(split) }
  const partition =
    split === 'skewed'
      ? dirichletPartition({
          ...common,
          concentration: sizes.concentration,
          minimum: Math.ceil(sizes.batchSize / (1 - sizes.testShare)),
        })
      : labelShardPartition({ ...common, shardsPerClient: sizes.shardsPerClient })
  const parts = partition.map((held, client) => {
    const order = randomPermutation(key.foldIn('test').foldIn(client), held.length)
    const tested = Math.floor(held.length * sizes.testShare)
    const own = Array.from(order, (at) => held[at]!)
    return { test: own.slice(0, tested), training: own.slice(tested) }
  })
  const pixels = train.height * train.width
  const features = new Float32Array(chosen.length * pixels)
  chosen.forEach((picture, at) => {
    for (let k = 0; k < pixels; k++) features[at * pixels + k] = train.pixels[picture * pixels + k]! / 255
  })
  const trained: Partition = parts.map(({ training }) => Int32Array.from(training))
  return {
    training: classificationClients({
      features,
      shape: [train.height, train.width, 1],
      labels,
      partition: trained,
    }),
    test: parts.map(({ test }) =>
      pick(
        train,
        test.map((at) => chosen[at]!),
      ),
    ),
  }
}
