import { randomKey } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import * as fed from '../index.js'

const { clients, labels, optima } = fed.clusteredRegression({
  key: randomKey(3),
  clusters: 2,
  clientsPerCluster: 3,
  batchSize: 4,
})
const learningRate = 0.05
const run = async (algorithm: fed.FederatedAlgorithm, more: Partial<fed.SimulationOptions> = {}) =>
  (await fed.runSimulation({ clients, algorithm, rounds: 8, key: randomKey(1), ...more })).models
    .toVectors()
    .map((row) => [...row])
const gap = (a: number[][], b: number[][]): number =>
  Math.max(...a.flatMap((row, i) => row.map((x, k) => Math.abs(x - b[i]![k]!))))

const local = fed.local({ learningRate })
const global = fed.federatedAverage({ learningRate })
const clustering = (radius: fed.RadiusPolicy, iterations = 10) =>
  fed.federatedClustering({ learningRate, radius, iterations })

describe('limits', () => {
  test.each<[string, fed.FederatedAlgorithm, fed.FederatedAlgorithm]>([
    ['Ditto with λ = 0 is local training', fed.ditto({ learningRate, strength: 0 }), local],
    ['Federated-Clustering with τ = 0 is local training', clustering(fed.fixedRadius(0)), local],
    [
      'Federated-Clustering with σ = 0 in the theory radius is local training',
      clustering(fed.theoryRadius({ deviation: 0, separation: 1 })),
      local,
    ],
    ['IFCA with one model is FedAvg', fed.ifca({ learningRate, clusters: 1 }), global],
    [
      'IFCA by gradients with one model is FedAvg with one step',
      fed.ifca({ learningRate, clusters: 1, averages: 'gradient' }),
      global,
    ],
    ['one oracle cluster is FedAvg', fed.oracleClusters({ learningRate, labels: [0, 0, 0, 0, 0, 0] }), global],
    [
      'clustered FL that never splits is FedAvg',
      fed.clusteredFl({ learningRate, stationary: 0, divergent: 0 }),
      global,
    ],
    ['FedProx with μ = 0 is FedAvg', fed.federatedAverage({ learningRate, proximal: 0 }), global],
    [
      'server momentum 0 is the server average',
      fed.federatedAverage({ learningRate, server: fed.serverMomentum({ momentum: 0 }) }),
      global,
    ],
    [
      'partial averaging of all layers is FedAvg',
      fed.partialAveraging({ learningRate, policy: { kind: 'all' } }),
      global,
    ],
    ['partial averaging of no layer is local', fed.partialAveraging({ learningRate, policy: { kind: 'none' } }), local],
    ['Myopic with as many clusters as clients is local', fed.myopicClustering({ learningRate, clusters: 6 }), local],
    ['Myopic with one cluster is FedSGD', fed.myopicClustering({ learningRate, clusters: 1 }), global],
  ])('%s', async (_, algorithm, limit) => {
    const [got, expected] = [await run(algorithm), await run(limit)]
    expect(gap(got, expected)).toBeLessThan(1e-12)
    expect(gap(expected, await run(fed.local({ learningRate: 0 })))).toBeGreaterThan(0.1)
  })

  test('Federated-Clustering with τ = ∞ and one pass follows the mean of all gradients, at its own model', async () => {
    // all start at one model, take the same mean, and so stay together: FedSGD
    expect(gap(await run(clustering(fed.fixedRadius(Infinity), 1)), await run(global))).toBeLessThan(1e-12)
  })

  test('Ditto with a strong pull stays at the global model', async () => {
    const pulled = await run(fed.ditto({ learningRate: 0.05, strength: 19, personalRate: 0.05 }))
    // the personal model is one step behind: it is drawn to the global model of the round before
    const before = await run(global, { rounds: 7 })
    expect(gap(pulled, before)).toBeLessThan(0.5 * gap(await run(local), before))
  })

  test('fine-tuning adds the steps of local training to the end', async () => {
    const tuned = await run(fed.fineTuned(global, { learningRate, steps: 3 }))
    const [start] = await run(global)
    const { models } = clients.train({
      models: fed.vectorRows([start!]),
      clients: [0, 1, 2, 3, 4, 5],
      steps: [3, 3, 3, 3, 3, 3],
      firstBatch: 0,
      learningRate,
      key: randomKey(0),
    })
    expect(
      gap(
        tuned,
        models.toVectors().map((row) => [...row]),
      ),
    ).toBeLessThan(1e-12)
  })

  test('SCAFFOLD with one step over all clients is distributed SGD', async () => {
    expect(gap(await run(fed.scaffold({ learningRate })), await run(global))).toBeLessThan(1e-12)
  })

  test('a reducer serves FedAvg only for parameters, and is refused by Ditto', () => {
    const aggregator = fed.aggregatorReducer(fed.meanAggregator())
    expect(() => fed.ditto({ learningRate, aggregator })).toThrow(/expected an Aggregator/)
  })
})

test('Federated-Clustering in groups asks within groups only', async () => {
  const radius = fed.quantileRadius({ quantile: 0.5 })
  const { rounds, counters } = await fed.runSimulation({
    clients,
    algorithm: fed.federatedClustering({ learningRate, radius, groups: 2 }),
    rounds: 5,
    key: randomKey(1),
  })
  expect(counters.gradientEvaluations).toBe(5 * 2 * 3 * 3)
  // each of 6 clients sends its model to 2 others and gets 2 gradients
  expect(counters.messages).toBe(5 * 6 * (2 + 2))
  expect(counters.bytes).toBe(counters.messages * 8 * 10)
  for (const { report } of rounds)
    for (const members of Object.values(report.inside as Record<string, number[]>))
      expect(members.length).toBeLessThanOrEqual(3)
  const inside = rounds.map(({ report }) => JSON.stringify(report.inside))
  expect(new Set(inside).size).toBeGreaterThan(1)
  const tooMany = fed.federatedClustering({ learningRate, radius, groups: 7 })
  await expect(run(tooMany)).rejects.toThrow(/at most 6/)
})

test('attackers keep their model, in Federated-Clustering as in Momentum-Clustering', async () => {
  const byzantine = { clients: [5], attack: fed.signFlip() }
  for (const algorithm of [
    clustering(fed.gapRadius()),
    fed.momentumClustering({ learningRate, clusters: 2, radius: fed.gapRadius() }),
  ]) {
    const got = await run(algorithm, { byzantine })
    expect(Math.hypot(...got[5]!)).toBe(0)
    expect(Math.hypot(...got[0]!)).toBeGreaterThan(0)
  }
})

describe('personalisation of regression in two clusters', () => {
  const error = (rows: number[][]): number =>
    rows.reduce((sum, row, i) => sum + Math.hypot(...row.map((x, k) => x - optima[labels[i]!]![k]!)), 0) / rows.length

  test('orders the methods as the theory does', async () => {
    const long = { rounds: 150 }
    const [oracle, own, alone, shared] = [
      error(await run(fed.oracleClusters({ learningRate: 0.1, labels }), long)),
      error(
        await run(fed.federatedClustering({ learningRate: 0.1, radius: fed.quantileRadius({ quantile: 0.34 }) }), long),
      ),
      error(await run(fed.local({ learningRate: 0.1 }), long)),
      error(await run(fed.federatedAverage({ learningRate: 0.1 }), long)),
    ]
    expect(oracle).toBeLessThanOrEqual(own)
    expect(own).toBeLessThan(alone)
    expect(alone).toBeLessThan(shared)
  })
})

test.each<[string, () => unknown, RegExp]>([
  ['a negative rate', () => fed.local({ learningRate: -1 }), /learningRate: expected a finite number ≥ 0, got -1/],
  ['momentum 1', () => fed.local({ learningRate: 1, momentum: 1 }), /momentum: expected a number from 0 to below 1/],
  ['no clusters', () => fed.ifca({ learningRate: 1, clusters: 0 }), /clusters: expected a whole number ≥ 1, got 0/],
  ['an unknown option', () => fed.federatedAverage({ learningRate: 1, rate: 2 } as never), /unknown option "rate"/],
  [
    'no round before freezing',
    () => fed.momentumClustering({ learningRate: 1, clusters: 2, radius: fed.gapRadius(), freezeAfter: 0 }),
    /freezeAfter: expected a whole number ≥ 1/,
  ],
])('refuses %s', (_, make, message) => expect(make).toThrow(message))

test('refuses labels of another number of clients', async () => {
  await expect(run(fed.oracleClusters({ learningRate, labels: [0, 1] }))).rejects.toThrow(
    /expected 6, one a client, got 2/,
  )
})
