import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import {
  dirichletPartition,
  labelCounts,
  labelSortedPartition,
  partitionFromJson,
  partitionToJson,
  type Partition,
} from '../index.js'

const labels = Int32Array.from({ length: 200 }, (_, example) => (example * 7) % 10)
const held = (partition: Partition): number[] => partition.flatMap((examples) => [...examples]).sort((a, b) => a - b)
const classes = (partition: Partition): number[] =>
  labelCounts(partition, labels).map((counts) => counts.filter((count) => count > 0).length)

test('sorted labels: one class a client where clients and classes match, iid when all is mixed', () => {
  const make = (mixed: number, clients = 10) => labelSortedPartition({ labels, clients, mixed, key: randomKey(4) })
  for (const partition of [make(0), make(0.3), make(1), make(0, 7)])
    expect(held(partition)).toEqual(Array.from({ length: 200 }, (_, i) => i))
  expect(classes(make(0))).toEqual(new Array(10).fill(1))
  expect(Math.max(...classes(make(0, 7)))).toBeLessThanOrEqual(3)
  expect(Math.min(...classes(make(1)))).toBeGreaterThan(5)
  const shareOfLargest = (partition: Partition): number =>
    labelCounts(partition, labels).reduce((sum, counts) => sum + Math.max(...counts), 0) / 200
  expect(shareOfLargest(make(0.5))).toBeGreaterThan(shareOfLargest(make(1)))
  expect(shareOfLargest(make(0.5))).toBeLessThan(1)
  expect(() => make(1.5)).toThrow(/mixed: expected a number from 0 to 1, got 1.5/)
})

test('a partition goes through JSON unchanged', () => {
  const partition = dirichletPartition({ labels, clients: 6, concentration: 0.5, key: randomKey(1) })
  const text = JSON.stringify(partitionToJson(partition, labels.length))
  expect(partitionFromJson(JSON.parse(text), labels.length)).toEqual(partition)
})

test.each<[string, unknown, RegExp]>([
  ['another data set', partitionToJson([Int32Array.of(0, 1)], 3), /of 2 examples, got one of 3/],
  ['another format', { clients: [[0]] }, /format: "lemanic-partition"/],
  [
    'an example twice',
    { format: 'lemanic-partition', version: 1, examples: 2, clients: [[0], [0]] },
    /0 is held twice/,
  ],
  [
    'an example too many',
    { format: 'lemanic-partition', version: 1, examples: 2, clients: [[2]] },
    /holds example 2 of 2/,
  ],
  ['nothing', null, /expected \{ format/],
])('refuses %s', (_, json, message) => expect(() => partitionFromJson(json, 2)).toThrow(message))
