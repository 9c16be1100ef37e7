import { randomPermutation, tensor, type RandomKey, type Tensor } from '@lemanic/tensor-core'
import type { LabelledImages } from '@lemanic/datasets'
import type { LaserData } from '../data.js'

/** Pictures [count, 784], normalised as in the paper's code, and their labels [count]. */
export interface Pictures {
  readonly pictures: Tensor
  readonly labels: Tensor
}

export interface DigitSets {
  readonly train: Pictures
  readonly validation: Pictures
  readonly test: Pictures
}

/** Mean and deviation of MNIST's grey values. */
const [center, spread] = [0.1307, 0.3081]

/** The pictures of a seed: training and validation out of the training set, the test set's own. */
export function digitSets(
  data: LaserData,
  sizes: { readonly trainImages: number; readonly validationImages: number; readonly testImages: number },
  key: RandomKey,
): DigitSets {
  const { trainImages, validationImages, testImages } = sizes
  const order = randomPermutation(key.foldIn('sample'), data.train.count)
  const test = randomPermutation(key.foldIn('test'), data.test.count)
  return {
    train: pick(data.train, order.subarray(0, trainImages)),
    validation: pick(data.train, order.subarray(trainImages, trainImages + validationImages)),
    test: pick(data.test, test.subarray(0, testImages)),
  }
}

function pick(from: LabelledImages, indices: Int32Array): Pictures {
  const pixels = from.height * from.width
  const values = new Float32Array(indices.length * pixels)
  indices.forEach((picture, at) => {
    for (let k = 0; k < pixels; k++)
      values[at * pixels + k] = (from.pixels[picture * pixels + k]! / 255 - center) / spread
  })
  return {
    pictures: tensor(values, [indices.length, pixels]),
    labels: tensor(
      Int32Array.from(indices, (picture) => from.labels[picture]!),
      [indices.length],
    ),
  }
}

/** Which examples each worker takes at a step: every worker reshuffles a shard of its own, epoch by epoch. */
export function shardedBatches(options: {
  readonly size: number
  readonly workers: number
  readonly batch: number
  readonly key: RandomKey
}): (step: number) => Int32Array {
  const { size, workers, batch, key } = options
  const shard = Math.floor(size / workers)
  const orders = new Map<number, Int32Array>()
  const orderOf = (worker: number, epoch: number): Int32Array => {
    const known = orders.get(worker * 1e6 + epoch)
    if (known !== undefined) return known
    orders.delete(worker * 1e6 + epoch - 2)
    const fresh = randomPermutation(key.foldIn(worker).foldIn(epoch), shard)
    orders.set(worker * 1e6 + epoch, fresh)
    return fresh
  }
  return (step) =>
    Int32Array.from({ length: workers * batch }, (_, at) => {
      const worker = Math.floor(at / batch)
      const position = step * batch + (at % batch)
      return worker * shard + orderOf(worker, Math.floor(position / shard))[position % shard]!
    })
}
