import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import { checkNumber } from '../refuse.js'
import { checkClients, toPartition, type Partition } from './partition.js'

/**
 * Examples sorted by label are cut into one piece for each client: the hardest split of labels. With `mixed` a share of
 * all examples is dealt out at random before that.
 *
 * @param options.mixed From 0 (one or two classes a client) to 1 (iid). Default 0.
 */
export function labelSortedPartition(options: {
  readonly labels: ArrayLike<number>
  readonly clients: number
  readonly mixed?: number
  readonly key: RandomKey
}): Partition {
  const { labels, clients, mixed = 0, key } = options
  checkClients('labelSortedPartition', clients, labels.length)
  checkNumber('labelSortedPartition', 'mixed', mixed, (x) => x >= 0 && x <= 1, 'a number from 0 to 1')
  const order = randomPermutation(key, labels.length)
  const free = Math.round(mixed * labels.length)
  const sorted = order.slice(free).sort((a, b) => labels[a]! - labels[b]!)
  const held: number[][] = Array.from({ length: clients }, () => [])
  for (const examples of [order.slice(0, free), sorted]) {
    held.forEach((list, client) =>
      list.push(
        ...examples.subarray(
          Math.floor((client * examples.length) / clients),
          Math.floor(((client + 1) * examples.length) / clients),
        ),
      ),
    )
  }
  return toPartition(held)
}
