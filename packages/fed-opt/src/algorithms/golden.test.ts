import { randomKey } from '@lemanic/tensor-core'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as fed from '../index.js'
import { quadraticClients } from '../testing/quadratic-clients.js'

// written by tools/parity/federated-training.py
const golden = JSON.parse(readFileSync(new URL('../fixtures/training.json', import.meta.url), 'utf8')) as {
  A: number[][][]
  b: number[][]
  sizes: number[]
  labels: number[]
  start: number[]
  rate: number
  rounds: number
  steps: number
  global: Record<string, number[]>
  ifcaModel: { models: number[][]; picks: number[][] }
  ifcaGradient: { models: number[][]; picks: number[][] }
  momentumClustering: number[][][]
  momentumClusteringFrozen: number[][][]
  clusteredFl: { models: number[][]; labels: number[] }
  neighbours: {
    features: number[][]
    labels: number[]
    queries: number[][]
    probabilities: number[][]
    expected: number[][]
  }
} & Record<string, number[][]>

const learningRate = golden.rate
const clients = quadraticClients(golden)
const simulate = (algorithm: fed.FederatedAlgorithm, localSteps = golden.steps, rounds = golden.rounds) =>
  fed.runSimulation({ clients, algorithm, rounds, localSteps, key: randomKey(4) })
const models = async (algorithm: fed.FederatedAlgorithm, localSteps = golden.steps, rounds = golden.rounds) =>
  (await simulate(algorithm, localSteps, rounds)).models.toVectors().map((row) => [...row])
const gap = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  Math.max(...a.flatMap((row, i) => row.map((x, k) => Math.abs(x - b[i]![k]!))))

test.each<[string, fed.FederatedAlgorithm]>([
  ['fedAvg', fed.federatedAverage({ learningRate })],
  ['fedProx', fed.federatedAverage({ learningRate, proximal: 0.5 })],
  ['fedAvgM', fed.federatedAverage({ learningRate, server: fed.serverMomentum() })],
  ['fedAdam', fed.federatedAverage({ learningRate, server: fed.serverAdam({ learningRate: 0.05 }) })],
  ['clientMomentum', fed.federatedAverage({ learningRate, momentum: 0.9 })],
  ['scaffold', fed.scaffold({ learningRate })],
])('one model for all as numpy has it: %s', async (name, algorithm) => {
  const got = await models(algorithm)
  expect(got).toHaveLength(6)
  expect(gap(got, Array<number[]>(6).fill(golden.global[name]!))).toBeLessThan(1e-10)
})

test.each<[string, fed.FederatedAlgorithm, number]>([
  ['local', fed.local({ learningRate }), golden.steps],
  ['ditto', fed.ditto({ learningRate, strength: 0.7 }), golden.steps],
  ['oracle', fed.oracleClusters({ learningRate, labels: golden.labels }), golden.steps],
  ['myopic', fed.myopicClustering({ learningRate, clusters: 2 }), 1],
  ['federatedClustering', fed.federatedClustering({ learningRate, radius: fed.quantileRadius({ quantile: 0.4 }) }), 1],
  [
    'federatedClusteringHeavyBall',
    fed.federatedClustering({ learningRate, momentum: 0.9, radius: fed.quantileRadius({ quantile: 0.4 }) }),
    1,
  ],
  [
    'federatedClusteringLocalSteps',
    fed.federatedClustering({ learningRate, radius: fed.quantileRadius({ quantile: 0.4 }) }),
    golden.steps,
  ],
])('one model each as numpy has it: %s', async (name, algorithm, localSteps) => {
  expect(gap(await models(algorithm, localSteps), golden[name]!)).toBeLessThan(1e-10)
})

describe('IFCA', () => {
  test.each(['model', 'gradient'] as const)('by %s picks and moves as numpy', async (averages) => {
    const init = () =>
      fed.vectorRows([
        [1, 0, 0],
        [0, 1, 1],
      ])
    const run = await simulate(fed.ifca({ learningRate, clusters: 2, averages, init }))
    const expected = averages === 'model' ? golden.ifcaModel : golden.ifcaGradient
    expect(run.rounds.map(({ report }) => report.labels)).toEqual(expected.picks)
    expect(
      gap(
        run.models.toVectors().map((row) => [...row]),
        expected.models,
      ),
    ).toBeLessThan(1e-10)
  })
})

describe('Momentum-Clustering', () => {
  // which client the first centre is drawn from is a matter of the key: numpy has all six
  test.each<[string, number[][][], object]>([
    ['as in the paper', golden.momentumClustering, {}],
    ['with frozen memberships', golden.momentumClusteringFrozen, { freezeAfter: 3 }],
  ])('%s', async (_, expected, more) => {
    const starts = new Set<number>()
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const run = await fed.runSimulation({
        clients,
        algorithm: fed.momentumClustering({
          learningRate,
          clusters: 2,
          decay: 0.3,
          radius: fed.fixedRadius(2.5),
          ...more,
        }),
        rounds: golden.rounds,
        key: randomKey(seed),
      })
      const got = run.models.toVectors().map((row) => [...row])
      const gaps = expected.map((one) => gap(got, one))
      expect(Math.min(...gaps)).toBeLessThan(1e-10)
      starts.add(gaps.findIndex((value) => value < 1e-10))
    }
    expect(starts.size).toBeGreaterThan(1)
  })
})

test('clustered FL splits once, where the best bipartition of numpy does', async () => {
  const run = await simulate(fed.clusteredFl({ learningRate, stationary: 0.3, divergent: 0.5 }), golden.steps, 40)
  expect(run.rounds.at(-1)!.report.labels).toEqual(golden.clusteredFl.labels)
  expect(
    gap(
      run.models.toVectors().map((row) => [...row]),
      golden.clusteredFl.models,
    ),
  ).toBeLessThan(1e-9)
})

test('kNN personalization mixes neighbours and the global model', () => {
  const { expected, ...options } = golden.neighbours
  const got = fed.knnPersonalization({ ...options, share: 0.6, neighbors: 3 })
  expect(
    gap(
      got.map((row) => [...row]),
      expected,
    ),
  ).toBeLessThan(1e-12)
  const alone = fed.knnPersonalization({ ...options, share: 0, neighbors: 3 })
  expect(
    gap(
      alone.map((row) => [...row]),
      options.probabilities,
    ),
  ).toBe(0)
  expect(() => fed.knnPersonalization({ ...options, labels: [1] })).toThrow(/7 examples, 1 labels/)
})
