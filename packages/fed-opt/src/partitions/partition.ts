import { LemanicError, randomPermutation, type RandomKey } from '@lemanic/tensor-core'

/** Which examples each client holds: for every client its example indices, ascending; no example is held twice. */
export type Partition = readonly Int32Array[]

/** Refuses a number of clients that is not an integer from 1 to the number of examples. */
export function checkClients(where: string, clients: number, examples: number): void {
  if (Number.isInteger(clients) && clients >= 1 && clients <= examples) return
  throw new LemanicError(
    'invalid-argument',
    `${where}: expected "clients" to be an integer from 1 to the ${examples} examples, got ${clients}`,
    {
      fields: { clients, examples },
    },
  )
}

/** Lists of examples as a partition. */
export function toPartition(lists: readonly (readonly number[])[]): Partition {
  return lists.map((list) => Int32Array.from(list).sort())
}

/** Every client gets a uniformly random share of the examples; sizes differ by one at most. */
export function iidPartition(options: {
  readonly examples: number
  readonly clients: number
  readonly key: RandomKey
}): Partition {
  const { examples, clients, key } = options
  checkClients('iidPartition', clients, examples)
  const order = randomPermutation(key, examples)
  return Array.from({ length: clients }, (_, client) =>
    order.slice(Math.floor((client * examples) / clients), Math.floor(((client + 1) * examples) / clients)).sort(),
  )
}

/** How many examples of each label each client holds, [clients][labels]; labels are integers from 0. */
export function labelCounts(partition: Partition, labels: ArrayLike<number>): number[][] {
  const classes = classCount('labelCounts', labels)
  return partition.map((examples) => {
    const counts = new Array<number>(classes).fill(0)
    for (const example of examples) {
      if (example < 0 || example >= labels.length) {
        throw new LemanicError(
          'invalid-argument',
          `labelCounts: expected examples from 0 to ${labels.length - 1}, got ${example}`,
          { fields: { example } },
        )
      }
      counts[labels[example]]++
    }
    return counts
  })
}

/** One more than the largest label; refuses labels that are not integers from 0. */
export function classCount(where: string, labels: ArrayLike<number>): number {
  let largest = -1
  for (let example = 0; example < labels.length; example++) {
    const label = labels[example]
    if (!Number.isInteger(label) || label < 0) {
      throw new LemanicError(
        'invalid-argument',
        `${where}: expected "labels" to be integers from 0, got ${label} at ${example}`,
        { fields: { label, example } },
      )
    }
    largest = Math.max(largest, label)
  }
  return largest + 1
}
