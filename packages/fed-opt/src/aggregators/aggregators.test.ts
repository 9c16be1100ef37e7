import { createBackend, dispose, scope, tensor, type Backend } from '@lemanic/tensor-core'
import { checkReducer } from '@lemanic/tensor-core/testing'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import * as fed from '../index.js'
import { checkAggregator, type AggregatorContract } from '../testing/index.js'

interface Case {
  readonly points: number[][]
  readonly weights: number[]
  readonly byzantine: number
  readonly aggregates: Record<string, number[]>
}
// written by tools/parity/federated-rules.py
const golden = JSON.parse(readFileSync(new URL('../fixtures/rules.json', import.meta.url), 'utf8')) as Record<
  string,
  Case
>
let backend: Backend
beforeAll(async () => {
  backend = await createBackend({})
})

const rules = (f: number): Record<string, fed.Aggregator> => ({
  mean: fed.meanAggregator(),
  coordinateMedian: fed.coordinateMedian(),
  trimmedMean: fed.trimmedMean({ byzantine: f }),
  krum: fed.krum({ byzantine: f }),
  multiKrum: fed.multiKrum({ byzantine: f, selected: 3 }),
  geometricMedian: fed.geometricMedian(),
  centeredClipping: fed.centeredClipping({ radius: 2, iterations: 3 }),
  mixedKrum: fed.compose(fed.nearestNeighborMixing({ byzantine: f }), fed.krum({ byzantine: f })),
  clippedMean: fed.compose(fed.normClipping({ norm: 1.5 }), fed.meanAggregator()),
})

describe.each(Object.entries(golden))(
  'golden values of numpy, %s points',
  (_, { points, weights, byzantine, aggregates }) => {
    test.each(Object.entries(rules(byzantine)))('%s', (name, rule) => {
      const expected = aggregates[name]!
      const got = fed.aggregateVectors(rule, points, { weights })
      got.forEach((x, k) => expect(Math.abs(x - expected[k]!)).toBeLessThan(1e-9 * Math.max(1, Math.abs(expected[k]!))))
      const params = points.map((row) => ({ a: tensor(Float32Array.from(row), [row.length], { backend }) }))
      const average = fed.aggregateParams(rule, params, { weights })
      const float = average.a!.dataSync()
      expected.forEach((x, k) =>
        expect(Math.abs((float[k] as number) - x)).toBeLessThan(2e-5 * Math.max(1, Math.abs(x))),
      )
      dispose([params, average])
    })
    test.each([
      ['thresholdFixed', fed.fixedRadius(5)],
      ['thresholdQuantile', fed.quantileRadius({ quantile: 0.4 })],
      ['thresholdGap', fed.gapRadius()],
      ['thresholdMad', fed.madRadius()],
    ])('%s', (name, radius) => {
      const { centers } = fed.thresholdClustering(fed.vectorRows(points), fed.vectorRows([points[0]!]), {
        radius,
        iterations: 10,
      })
      centers.toVectors()[0]!.forEach((x, k) => expect(x).toBeCloseTo(aggregates[name]![k]!, 8))
    })
  },
)

const clipping: Partial<AggregatorContract> = { equivariant: false }
test.each<[string, () => fed.Aggregator, Partial<AggregatorContract>]>([
  ['mean', () => fed.meanAggregator(), {}],
  ['coordinate median', () => fed.coordinateMedian(), {}],
  ['trimmed mean', () => fed.trimmedMean({ byzantine: 3 }), {}],
  ['Krum', () => fed.krum({ byzantine: 3 }), {}],
  ['multi-Krum', () => fed.multiKrum({ byzantine: 3 }), {}],
  ['geometric median', () => fed.geometricMedian({ start: 'mean' }), {}],
  ['centred clipping', () => fed.centeredClipping({ radius: 1 }), clipping],
  ['threshold clustering', () => fed.thresholdClusteringAggregator({ radius: fed.madRadius() }), {}],
  ['bucketing', () => fed.compose(fed.bucketing({ size: 2 }), fed.coordinateMedian()), { symmetric: false }],
  ['mixing', () => fed.compose(fed.nearestNeighborMixing({ byzantine: 2 }), fed.trimmedMean({ byzantine: 2 })), {}],
  ['clipping', () => fed.compose(fed.normClipping({ norm: 1 }), fed.meanAggregator()), clipping],
  ['momentum', () => fed.compose(fed.workerMomentum(), fed.krum({ byzantine: 2 })), {}],
])('%s keeps the contract', (_, make, contract) => checkAggregator(make(), { backend, ...contract }))

test('the contract notices a rule that is broken', () => {
  const notRobust: fed.Aggregator = { ...fed.meanAggregator(), byzantine: 2 }
  expect(() => checkAggregator(notRobust, { backend })).toThrow(/with 2 of 9 rows at 10⁶/)
  const first: fed.Aggregator = { name: 'first', aggregate: (points) => ({ value: fed.rowAt(points, 0) }) }
  expect(() => checkAggregator(first, { backend })).toThrow(/another order/)
  const leaks: fed.Aggregator = { name: 'two', aggregate: (points) => ({ value: points }) }
  expect(() => checkAggregator(leaks, { backend })).toThrow(/expected one row, got 9/)
})

test.each([
  ['centred clipping', () => fed.centeredClipping({ radius: 1 })],
  ['momentum', () => fed.compose(fed.workerMomentum(), fed.coordinateMedian())],
])('%s is a reducer of the training loop', async (_, make) => {
  await checkReducer(fed.aggregatorReducer(make()), backend)
})

test('clipping without a limit is the mean, buckets of one change nothing', () => {
  const { points } = golden.plain!
  const mean = fed.aggregateVectors(fed.meanAggregator(), points)
  fed
    .aggregateVectors(fed.centeredClipping({ radius: Infinity }), points)
    .forEach((x, k) => expect(x).toBeCloseTo(mean[k]!, 12))
  const single = fed.aggregateVectors(fed.compose(fed.bucketing({ size: 1 }), fed.krum({ byzantine: 2 })), points)
  expect([...single]).toEqual([...fed.aggregateVectors(fed.krum({ byzantine: 2 }), points)])
  expect(points).toContainEqual([...single])
})

test('one pass of threshold clustering moves by the share inside times their offset; τ = 0 and far outliers do not', () => {
  const points = fed.vectorRows([
    [1, 0],
    [0, 2],
    [9, 9],
    [1e6, -1e6],
  ])
  const start = fed.vectorRows([[0, 0]])
  const pass = (radius: number) =>
    fed.thresholdClustering(points, start, { radius: fed.fixedRadius(radius), iterations: 1 }).centers.toVectors()[0]!
  expect([...pass(2)]).toEqual([0.25, 0.5])
  expect([...pass(0)]).toEqual([0, 0])
  const far = fed.vectorRows([
    [1e6, 0],
    [0, 1e6],
  ])
  const still = fed.thresholdClustering(far, start, { radius: fed.fixedRadius(100), iterations: 50 })
  expect([...still.centers.toVectors()[0]!]).toEqual([0, 0])
})

test('a quantile above the share of the cluster is diagnosed', () => {
  const cluster = (at: number) => Array.from({ length: 5 }, (_, i) => [at + i / 10])
  const points = fed.vectorRows([0, 10, 20, 30].flatMap(cluster))
  const run = (quantile: number) =>
    fed.thresholdClustering(points, fed.vectorRows([[0.2]]), {
      radius: fed.quantileRadius({ quantile }),
      largestShare: 0.25,
    })
  expect(run(0.2).diagnostics).toEqual([])
  expect(run(0.2).centers.toVectors()[0]![0]).toBeCloseTo(0.2, 6)
  expect(run(0.3).diagnostics[0]!.message).toMatch(/holds 7 of 20 points in pass 0, a cluster at most 5/)
})

test('identical attackers near the victim fill a quantile ball (documented), not a fixed one', () => {
  const honest = Array.from({ length: 12 }, (_, i) => [Math.cos(i), Math.sin(i)])
  const center = fed.vectorRows([honest[0]!])
  const forged = fed.forgeVectors(
    fed.duplicateCollusion(),
    honest,
    Array.from({ length: 5 }, () => [0, 0]),
    { target: honest[0]! },
  )
  const points = fed.vectorRows([...honest, ...forged])
  const inside = (radius: fed.RadiusPolicy) =>
    fed.thresholdClustering(points, center, { radius, iterations: 30 }).inside[0]!.slice(12).filter(Boolean).length
  expect(inside(fed.quantileRadius({ quantile: 0.25 }))).toBe(5)
  const { centers } = fed.thresholdClustering(points, center, { radius: fed.fixedRadius(2), iterations: 30 })
  expect(Math.hypot(...centers.toVectors()[0]!)).toBeLessThan(0.5)
})

test.each([
  [
    'trimmed mean',
    () => fed.aggregateVectors(fed.trimmedMean({ byzantine: 2 }), [[1], [2], [3], [4]]),
    /needs more than 4 rows, got 4/,
  ],
  [
    'Krum',
    () => fed.aggregateVectors(fed.krum({ byzantine: 1 }), [[1], [2], [3], [4]]),
    /needs more than 4 rows, got 4/,
  ],
  ['a negative radius', () => fed.fixedRadius(-1), /radius: expected a number ≥ 0, got -1/],
  [
    'an unknown option',
    () => fed.thresholdClusteringAggregator({ radius: fed.madRadius(), tau: 1 } as never),
    /unknown option "tau"/,
  ],
  ['weights that are all 0', () => fed.aggregateVectors(fed.meanAggregator(), [[1]], { weights: [0] }), /not all 0/],
  ['vectors of two lengths', () => fed.vectorRows([[1], [1, 2]]), /vector 1 has 2/],
])('refuses %s', (_, make, message) => expect(make).toThrow(message))

test('distances of nearly equal rows of parameters keep their digits beside an outlier', () => {
  const rows = [
    [1000, 0],
    [1000.001, 0],
    [1e7, 3],
    [1000, 0.002],
  ].map((row) => Float32Array.from(row))
  const exact = fed.vectorRows(rows).pairwiseSquaredDistances()
  const got = scope(() =>
    fed.paramsRows(rows.map((row) => ({ a: tensor(row, [2], { backend }) }))).pairwiseSquaredDistances(),
  )
  for (const [i, j] of [
    [0, 1],
    [0, 3],
    [1, 3],
  ] as const)
    expect(got[i]![j]! / exact[i]![j]!).toBeCloseTo(1, 4)
})
