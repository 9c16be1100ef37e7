import { randomKey } from '@lemanic/tensor-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dirichletPartition, iidPartition, labelCounts, labelShardPartition, type Partition } from '../index.js'

const labels = Int32Array.from({ length: 1000 }, (_, example) => example % 10)
const all = (partition: Partition): number[] => partition.flatMap((examples) => [...examples]).sort((a, b) => a - b)
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** Mean, over clients, of the largest share that one class has of a client. */
function skew(partition: Partition): number {
  const shares = labelCounts(partition, labels).map(
    (counts) => Math.max(...counts) / counts.reduce((sum, count) => sum + count, 0),
  )
  return shares.reduce((sum, share) => sum + share, 0) / shares.length
}

test('every example is held once, and every client holds the minimum', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(100),
      fc.constantFrom(0.01, 0.1, 1, 100),
      (clients, seed, concentration) => {
        const key = randomKey(seed)
        const partitions = [
          iidPartition({ examples: 1000, clients, key }),
          labelShardPartition({ labels, clients, key }),
          dirichletPartition({ labels, clients, concentration, minimum: 5, key }),
        ]
        for (const partition of partitions) {
          expect(partition).toHaveLength(clients)
          expect(all(partition)).toEqual(range(1000))
          expect(Math.min(...partition.map((examples) => examples.length))).toBeGreaterThanOrEqual(5)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('the same key gives the same partition', () => {
  const make = (seed: number) => dirichletPartition({ labels, clients: 7, concentration: 0.3, key: randomKey(seed) })
  expect(make(1)).toEqual(make(1))
  expect(make(2)).not.toEqual(make(1))
})

test('iid clients have sizes that differ by one at most', () => {
  const sizes = iidPartition({ examples: 1003, clients: 10, key: randomKey(0) }).map((examples) => examples.length)
  expect(Math.max(...sizes) - Math.min(...sizes)).toBe(1)
})

test('the concentration goes from one class a client to clients that are alike', () => {
  const [pure, mixed, alike] = [0.01, 1, 1000].map((concentration) =>
    skew(dirichletPartition({ labels, clients: 10, concentration, key: randomKey(5) })),
  )
  expect(pure).toBeGreaterThan(0.7)
  expect(mixed).toBeLessThan(pure)
  expect(alike).toBeLessThan(0.13)
})

test('two shards a client hold two classes at most where shards end at classes', () => {
  const partition = labelShardPartition({ labels, clients: 10, key: randomKey(3) })
  for (const counts of labelCounts(partition, labels))
    expect(counts.filter((count) => count > 0).length).toBeLessThanOrEqual(2)
})

test.each([
  [
    'too many clients',
    () => iidPartition({ examples: 3, clients: 4, key: randomKey(0) }),
    /"clients".*3 examples, got 4/,
  ],
  [
    'a concentration of 0',
    () => dirichletPartition({ labels, clients: 2, concentration: 0, key: randomKey(0) }),
    /"concentration" above 0, got 0/,
  ],
  [
    'an impossible minimum',
    () => dirichletPartition({ labels, clients: 10, concentration: 1, minimum: 101, key: randomKey(0) }),
    /0 to 100.*got 101/,
  ],
  [
    'a negative label',
    () => dirichletPartition({ labels: [0, -1], clients: 1, concentration: 1, key: randomKey(0) }),
    /got -1 at 1/,
  ],
  [
    'too many shards',
    () => labelShardPartition({ labels, clients: 600, key: randomKey(0) }),
    /"shardsPerClient".*1 to 1, got 2/,
  ],
  ['examples without a label', () => labelCounts([Int32Array.of(5)], [0, 1]), /0 to 1, got 5/],
])('refuses %s', (_, make, message) => expect(make).toThrow(message))
