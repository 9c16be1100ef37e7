import { fixedBatches } from '@lemanic/curriculum'
import { randomPermutation, type RandomKey, tensor, type Tensor } from '@lemanic/tensor-core'
import type { Digits } from '@lemanic/datasets'
import type { NetworkSizes } from './options.js'

/** Pictures [count, 784] with grey values 0 … 1, and their labels [count]. */
export interface Pictures {
  readonly pictures: Tensor
  readonly labels: Tensor
}

/** What a network is trained and measured on; the caller disposes it. */
export interface NetworkData {
  /** Pictures cut into batches once: the units of all orders. */
  readonly batches: readonly Pictures[]
  readonly training: Pictures
  /** Training pictures that are not trained on, to choose step sizes by; as many as for the test. */
  readonly validation: Pictures
  readonly test: Pictures
}

/** Samples the pictures of a seed, the same for every arm. */
export function networkData(digits: Digits, sizes: NetworkSizes, key: RandomKey): NetworkData {
  const { images, testImages, batchSize } = sizes
  const chosen = randomPermutation(key.foldIn('sample'), digits.train.count)
  const training = chosen.subarray(0, images)
  const test = randomPermutation(key.foldIn('test'), digits.test.count).subarray(0, testImages)
  const batches = fixedBatches({ size: images, batchSize, key: key.foldIn('batches') })
  return {
    batches: batches.map((batch) =>
      pick(
        digits.train,
        Int32Array.from(batch, (at) => training[at]!),
      ),
    ),
    training: pick(digits.train, training),
    validation: pick(digits.train, chosen.subarray(images, images + testImages)),
    test: pick(digits.test, test),
  }
}

function pick(from: Digits['train'], indices: Int32Array): Pictures {
  const pixels = from.height * from.width
  const grey = new Float32Array(indices.length * pixels)
  indices.forEach((picture, at) => {
    for (let k = 0; k < pixels; k++) grey[at * pixels + k] = from.pixels[picture * pixels + k]! / 255
  })
  return {
    pictures: tensor(grey, [indices.length, pixels]),
    labels: tensor(
      Int32Array.from(indices, (picture) => from.labels[picture]!),
      [indices.length],
    ),
  }
}
