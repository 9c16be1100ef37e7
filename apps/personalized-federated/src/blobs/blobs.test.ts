import { randomKey } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import { presetSizes } from '../options.js'
import { distance } from '../regression/problem.js'
import { contextOf, smokeOptions } from '../testing/support.js'
import { attackMetric, blobs, radiusMetric, runBlobs, sizeMetric } from './run-blobs.js'

test('means of clusters are as far apart as is asked', () => {
  const points = blobs({ clusters: 3, size: 2000, spread: 3, apart: 8, key: randomKey(1) })
  const centers = [0, 1, 2].map((cluster) =>
    Array.from(
      { length: 10 },
      (_, k) => points.slice(cluster * 2000, (cluster + 1) * 2000).reduce((s, p) => s + p[k]!, 0) / 2000,
    ),
  )
  expect(Math.abs(distance(centers[0]!, centers[1]!) - 8)).toBeLessThan(0.15)
  expect(Math.abs(distance(centers[1]!, centers[2]!) - 8)).toBeLessThan(0.15)
  expect(Math.hypot(...centers[0]!)).toBeLessThan(0.15)
})

test('threshold clustering has the errors of theory', async () => {
  const sizes = { ...presetSizes.laptop.blobs, repetitions: 40 }
  const { metrics } = await runBlobs(0, contextOf({ options: { ...smokeOptions, blobs: sizes } }))
  // a ball that holds the cluster averages it: σ²/n_i
  sizes.clusterSizes.forEach((size, at) => {
    if (size >= 10) expect(metrics[sizeMetric(at)]! * size).toBeLessThan(1.6)
  })
  expect(metrics[radiusMetric('quantile 0.3')]!).toBeGreaterThan(3 * metrics[radiusMetric('quantile 0.2')]!)
  const captured = metrics[attackMetric('quantile 0.2', 'duplicates', 4)]!
  expect(captured).toBeGreaterThan(3 * metrics[attackMetric('quantile 0.2', 'duplicates', 0)]!)
})
