import { randomPermutation, tensor, type RandomKey, type Tensor } from '@lemanic/tensor-core'
import type { Partition } from '../partitions/partition.js'
import { argumentError } from '../refuse.js'

/** Tensors by name, as a loss takes them. */
export type ClientBatch = Readonly<Record<string, Tensor>>

/** The data that one client owns; fixed for the whole run. */
export interface ClientData {
  readonly examples: number
  /** Tensors of the examples with these indices (0 … examples − 1), whose first axis is the examples. */
  batch(indices: Int32Array): ClientBatch
}

/** Data of every client of a partition, as batches `{ x: float32 [n, …shape], y: int32 [n] }`. */
export function classificationClients(options: {
  readonly features: Float32Array
  readonly shape: readonly number[]
  readonly labels: ArrayLike<number>
  readonly partition: Partition
  /** The label that a client gives to an example of a class. Default: the true one. See `privateLabels`, `Attack.poison`. */
  readonly relabel?: (label: number, client: number) => number
  /** The features that a client sees of an example; not changed in place. Default: the true ones. See `rotations`. */
  readonly transform?: (example: Float32Array, client: number) => Float32Array
}): ClientData[] {
  const { features, shape, labels, partition, relabel = (label) => label, transform } = options
  const width = shape.reduce((size, length) => size * length, 1)
  if (features.length !== labels.length * width) {
    throw argumentError(
      'classificationClients',
      `features: expected ${labels.length} examples of shape [${shape.join(', ')}] (${labels.length * width} numbers), got ${features.length}`,
    )
  }
  return partition.map((held, client) => {
    // each client's view is made once
    const own = new Float32Array(held.length * width)
    held.forEach((example, i) => {
      const row = features.subarray(example * width, (example + 1) * width)
      own.set(transform === undefined ? row : transform(row, client), i * width)
    })
    const classes = Int32Array.from(held, (example) => relabel(labels[example]!, client))
    return {
      examples: held.length,
      batch(indices) {
        const isAll = indices.length === held.length && indices.every((index, i) => index === i)
        if (isAll) return { x: tensor(own, [held.length, ...shape]), y: tensor(classes, [held.length]) }
        const x = new Float32Array(indices.length * width)
        indices.forEach((index, i) => x.set(own.subarray(index * width, (index + 1) * width), i * width))
        return {
          x: tensor(x, [indices.length, ...shape]),
          y: tensor(
            Int32Array.from(indices, (index) => classes[index]!),
            [indices.length],
          ),
        }
      },
    }
  })
}

/**
 * The examples of a client's batch: random reshuffling, whose state is the index alone. Batch i is part
 * i mod ⌊examples / size⌋ of the permutation of its epoch; what does not fill a batch is left out of that epoch.
 */
export function batchIndices(
  key: RandomKey,
  client: number,
  examples: number,
  size: number,
  batch: number,
): Int32Array {
  const length = Math.min(size, examples)
  if (length === examples) return Int32Array.from({ length }, (_, i) => i)
  const perEpoch = Math.floor(examples / length)
  const order = randomPermutation(key.foldIn(client).foldIn(Math.floor(batch / perEpoch)), examples)
  const start = (batch % perEpoch) * length
  return order.slice(start, start + length)
}
