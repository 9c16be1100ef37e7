// The three counter-examples of Werner, He, Jordan, Jaggi, Karimireddy, "Provably Personalized and Robust Federated
// Learning", 2023 (arXiv 2306.08393), as exact tests.

import { randomKey, RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import * as fed from '../index.js'

const run = async (clients: fed.Clients, algorithm: fed.FederatedAlgorithm, rounds: number, seed = 1) => {
  const result = await fed.runSimulation({ clients, algorithm, rounds, key: randomKey(seed) })
  return { at: result.models.toVectors().map((row) => row[0]!), rounds: result.rounds }
}

describe('Myopic-Clustering merges clients of two clusters at stationary points for ever', () => {
  const rate = 0.1
  const objective = (gradient: (x: number) => number, loss: (x: number) => number): fed.Objective => ({
    gradient: (model) => [gradient(model[0]!)],
    loss: (model) => loss(model[0]!),
  })
  const clients = fed.vectorClients(
    [
      objective(
        (x) => x / (3 * rate),
        (x) => (x * x) / (6 * rate),
      ),
      // minimum at 0, saddle at 1
      objective(
        (x) => (x < 1 ? 12 * x * (x - 1) ** 2 : (x - 1) / rate),
        (x) => (x < 1 ? 4 * (x - 1) ** 3 + 3 * (x - 1) ** 4 + 1 : (x - 1) ** 2 / (2 * rate) + 1),
      ),
      objective(
        (x) => (x - 2) / rate,
        (x) => (x - 2) ** 2 / (2 * rate),
      ),
    ],
    { dimension: 1, init: () => [1.5] },
  )

  test('client 2 stays at the saddle', async () => {
    const { at, rounds } = await run(clients, fed.myopicClustering({ learningRate: rate, clusters: 2 }), 300)
    expect(rounds[0]!.report.inside).toEqual([[0, 1], [2]])
    expect(rounds.at(-1)!.report.inside).toEqual([[0], [1, 2]])
    expect(at[0]).toBeCloseTo(0, 12)
    expect(at[1]).toBeCloseTo(1, 12)
    expect(at[2]).toBeCloseTo(2, 12)
  })

  const clustering = (radius: fed.RadiusPolicy) => fed.federatedClustering({ learningRate: rate, radius })

  test.each<[string, fed.RadiusPolicy]>([
    // at x = 1 clients 1 and 2 send 10/3 and 0, client 3 −10: 5/3 from their mean, which is 35/3 from the stranger
    ['theory', fed.theoryRadius({ deviation: 5 / 3, separation: 35 / 3, share: 2 / 3 })],
    ['gap', fed.gapRadius()],
    ['fixed', fed.fixedRadius(5)],
  ])('Federated-Clustering leaves it: (0, 0, 2) with the radius of %s', async (_, radius) => {
    const { at } = await run(clients, clustering(radius), 300)
    expect(Math.abs(at[0]!)).toBeLessThan(1e-4)
    expect(Math.abs(at[1]!)).toBeLessThan(1e-4)
    expect(at[2]).toBeCloseTo(2, 10)
  })

  test('with σ = 0 everybody is alone, and client 2 stays: gradients of one cluster do differ', async () => {
    const { at } = await run(clients, clustering(fed.theoryRadius({ deviation: 0, separation: 1 })), 300)
    expect(at[0]).toBeCloseTo(0, 10)
    expect(at[1]).toBeCloseTo(1, 10)
    expect(at[2]).toBeCloseTo(2, 10)
  })

  test('a radius that always admits a second point makes the singleton average with a stranger', async () => {
    const { at } = await run(clients, clustering(fed.quantileRadius({ quantile: 0.34 })), 600)
    expect(at[2]).toBeCloseTo(1.5, 3)
  })
})

describe('IFCA with unlucky starts averages opposite gradients for ever', () => {
  const clients = fed.vectorClients(
    [-0.5, 0.5].map(
      (optimum): fed.Objective => ({
        gradient: (model) => [2 * (model[0]! - optimum)],
        loss: (model) => (model[0]! - optimum) ** 2,
      }),
    ),
    { dimension: 1 },
  )

  test.each(['gradient', 'model'] as const)('by %s: both clients pick 0 and stay', async (averages) => {
    const init = () => fed.vectorRows([[-1.5], [0]])
    const { at, rounds } = await run(clients, fed.ifca({ learningRate: 0.1, clusters: 2, averages, init }), 50)
    expect(at).toEqual([0, 0])
    for (const { report } of rounds) expect(report.labels).toEqual([1, 1])
  })

  test('Federated-Clustering sees the gradients ±1 and takes each to its optimum', async () => {
    const { at } = await run(clients, fed.federatedClustering({ learningRate: 0.1, radius: fed.gapRadius() }), 100)
    expect(at[0]).toBeCloseTo(-0.5, 8)
    expect(at[1]).toBeCloseTo(0.5, 8)
  })
})

describe('clustered FL splits on a draw of noise and never recovers', () => {
  // g₁ = x, g₂ = x − ½, g₃ = x or x − 1 with probability ½: in the mean client 3 has the optimum ½ of client 2
  const clientsOf = (third: number) =>
    fed.vectorClients(
      [0, 0.5, third].map(
        (optimum): fed.Objective => ({
          gradient: (model) => [model[0]! - optimum],
          loss: (model) => (model[0]! - optimum) ** 2 / 2,
        }),
      ),
      { dimension: 1, init: () => [0.25] },
    )

  test.each([
    ['x: clients 1 and 3 go, 2 is cut off', 0, [0, 1, 0]],
    ['x − 1: clients 2 and 3 go, 1 is cut off', 1, [0, 1, 1]],
  ])('client 3 draws %s', async (_, third, expected) => {
    const { rounds } = await run(
      clientsOf(third),
      fed.clusteredFl({ learningRate: 0.1, stationary: 0.03, divergent: 0.02 }),
      1,
    )
    expect(rounds[0]!.report.labels).toEqual(expected)
  })

  test('which half client 3 is put in is decided once', async () => {
    const drawn: number[][] = []
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const optimum = (client: number, key: RandomKey): number =>
        client < 2 ? client / 2 : Math.round(new RandomStream(key).nextUniform())
      const noisy = fed.vectorClients(
        [0, 1, 2].map(
          (client): fed.Objective => ({
            gradient: (model, { key }) => [model[0]! - optimum(client, key)],
            loss: (model, { key }) => (model[0]! - optimum(client, key)) ** 2 / 2,
          }),
        ),
        { dimension: 1, init: () => [0.25] },
      )
      const algorithm = fed.clusteredFl({ learningRate: 0.1, stationary: 0.05, divergent: 0.02, smallest: 1 })
      const { rounds } = await run(noisy, algorithm, 6, seed)
      const labels = rounds.map(({ report }) => report.labels as number[])
      const first = labels.find((row) => new Set(row).size === 2)
      if (first === undefined) continue
      drawn.push(first)
      // 1 and 2 belong to different clusters from the first split on, whatever 3 draws later
      for (const row of labels.slice(labels.indexOf(first))) expect(row[0]).not.toBe(row[1])
    }
    const partners = drawn.map(([one, , three]) => one === three)
    expect(partners).toContain(true)
    expect(partners).toContain(false)
  })
})
