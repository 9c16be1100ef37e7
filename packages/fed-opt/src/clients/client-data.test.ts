import { createBackend, dispose, randomKey } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import * as fed from '../index.js'
import { batchIndices } from './client-data.js'

beforeAll(() => createBackend({}))

test('a quarter turn goes counter-clockwise, four turns change nothing, channels stay together', () => {
  // 1 2   2 4
  // 3 4   1 3
  expect([...fed.rotateImage(Float32Array.of(1, 2, 3, 4), 2, 1)]).toEqual([2, 4, 1, 3])
  expect([...fed.rotateImage(Float32Array.of(1, 2, 3, 4), 2, 2)]).toEqual([4, 3, 2, 1])
  const image = Float32Array.from({ length: 5 * 5 * 2 }, (_, i) => i)
  const twice = fed.rotateImage(fed.rotateImage(image, 5, 1), 5, 1)
  expect([...fed.rotateImage(image, 5, 2)]).toEqual([...twice])
  expect([...fed.rotateImage(image, 5, 4)]).toEqual([...image])
  expect([...fed.rotateImage(twice, 5, 2)]).toEqual([...image])
  expect(twice.subarray(0, 2)).toEqual(image.subarray(48))
  expect(() => fed.rotateImage(image, 4, 1)).toThrow(/expected 4 × 4 pixels, got 50 numbers/)
})

test('clients of a cluster see turned images and private labels; the data set is not changed', () => {
  const features = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  const clusters = fed.equalClusters(2, 2)
  const clients = fed.classificationClients({
    features,
    shape: [2, 2],
    labels: [3, 9],
    partition: [Int32Array.of(1), Int32Array.of(0)],
    relabel: fed.privateLabels(clusters, 10),
    transform: fed.rotations(clusters, 2),
  })
  const [first, second] = clients.map((client) => client.batch(Int32Array.of(0)))
  expect([...first!.x!.dataSync()]).toEqual([5, 6, 7, 8])
  expect([...first!.y!.dataSync()]).toEqual([9])
  expect(second!.x!.shape).toEqual([1, 2, 2])
  expect([...second!.x!.dataSync()]).toEqual([2, 4, 1, 3])
  expect([...second!.y!.dataSync()]).toEqual([4])
  expect([...features]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(fed.privateLabels([3], 10)(9, 0)).toBe(2)
  dispose([first, second])
})

test('clusters are equal runs', () => {
  expect([...fed.equalClusters(8, 4)]).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  expect(() => fed.equalClusters(3, 4)).toThrow(/from 1 to 3, got 4/)
})

test('batches of an epoch are disjoint, of the same size, and another epoch has another order', () => {
  const key = randomKey(1)
  const batch = (i: number) => [...batchIndices(key, 4, 11, 3, i)]
  const epoch = [0, 1, 2].flatMap(batch)
  expect(new Set(epoch).size).toBe(9)
  expect([3, 4, 5].flatMap(batch)).not.toEqual(epoch)
  expect([...batchIndices(key, 4, 5, 9, 2)]).toEqual([0, 1, 2, 3, 4])
})

test('clustered regression: noiseless optima are found, spheres have the radius, corners are corners', async () => {
  const make = (more: object) => fed.clusteredRegression({ key: randomKey(5), noise: 0, clientsPerCluster: 2, ...more })
  const { clients, labels, optima } = make({ optima: 'sphere', scale: 3 })
  for (const optimum of optima) expect(Math.hypot(...optimum)).toBeCloseTo(3, 6)
  const own = { clients: [0, 2, 4, 6], rows: [0, 1, 2, 3], batch: 0, key: randomKey(0) }
  const at = clients.gradients({ models: fed.vectorRows(optima), ...own })
  expect([...labels]).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  for (const row of at.gradients.toVectors()) expect(Math.hypot(...row)).toBeLessThan(1e-5)
  expect(Math.max(...at.losses)).toBeLessThan(1e-10)
  for (const optimum of make({ scale: 7 }).optima) expect(optimum.every((x) => x === 0 || x === 7)).toBe(true)
  expect(() => make({ optima: 'cube' })).toThrow(/optima: expected corners or sphere, got cube/)
})

test('gradients of clustered regression are those of its losses', () => {
  const { clients } = fed.clusteredRegression({ key: randomKey(2), clusters: 2, clientsPerCluster: 1, batchSize: 5 })
  const x = Array.from({ length: 10 }, (_, k) => Math.sin(k))
  const shifted = (k: number, by: number) => x.map((value, i) => (i === k ? value + by : value))
  const pair = { clients: [1], rows: [0], batch: 1, key: randomKey(0) }
  const lossAt = (model: number[]) => clients.losses({ models: fed.vectorRows([model]), ...pair })[0]!
  const [gradient] = clients.gradients({ models: fed.vectorRows([x]), ...pair }).gradients.toVectors()
  gradient!.forEach((value, k) =>
    expect(value).toBeCloseTo((lossAt(shifted(k, 1e-4)) - lossAt(shifted(k, -1e-4))) / 2e-4, 5),
  )
})
