import { memoryCheckpoints, randomKey } from '@lemanic/tensor-core'
import { describe, expect, test } from 'vitest'
import * as fed from '../index.js'

const { clients, labels } = fed.clusteredRegression({
  key: randomKey(3),
  clusters: 2,
  clientsPerCluster: 4,
  dimension: 6,
  batchSize: 5,
})
const learningRate = 0.05
const average = fed.federatedAverage({ learningRate })
const run = (options: Partial<fed.SimulationOptions> = {}) =>
  fed.runSimulation({ clients, algorithm: average, rounds: 6, key: randomKey(1), ...options })
const json = (models: fed.Rows): string => JSON.stringify(models.toVectors().map((row) => [...row]))

const algorithms: Record<string, fed.FederatedAlgorithm> = {
  local: fed.local({ learningRate, momentum: 0.5 }),
  global: average,
  'FedAvgM, momentum, clipping': fed.federatedAverage({
    learningRate,
    server: fed.serverMomentum(),
    aggregator: fed.compose(fed.workerMomentum(), fed.centeredClipping({ radius: 1 })),
  }),
  FedAdam: fed.federatedAverage({ learningRate, server: fed.serverAdam() }),
  FedProx: fed.federatedAverage({ learningRate, proximal: 0.1 }),
  SCAFFOLD: fed.scaffold({ learningRate }),
  'fine-tuned': fed.fineTuned(average, { learningRate, steps: 2 }),
  'oracle clusters': fed.oracleClusters({ learningRate, labels, aggregator: fed.centeredClipping({ radius: 1 }) }),
  'Federated-Clustering': fed.federatedClustering({
    learningRate,
    momentum: 0.5,
    radius: fed.quantileRadius({ quantile: 0.3 }),
    groups: 2,
  }),
  'Momentum-Clustering': fed.momentumClustering({
    learningRate,
    clusters: 2,
    radius: fed.madRadius(),
    freezeAfter: 4,
  }),
  Myopic: fed.myopicClustering({ learningRate, clusters: 2 }),
  'IFCA model': fed.ifca({ learningRate, clusters: 2, init: (c, key) => c.init(key, 1).normal(key, 2) }),
  'IFCA gradient': fed.ifca({
    learningRate,
    clusters: 2,
    averages: 'gradient',
    init: (c, key) => c.init(key, 1).normal(key, 2),
  }),
  Ditto: fed.ditto({ learningRate, server: fed.serverMomentum() }),
  'clustered FL': fed.clusteredFl({ learningRate, stationary: 1, divergent: 0.1 }),
  'partial averaging': fed.partialAveraging({ learningRate, policy: { kind: 'rotating' } }),
}

describe('a run that is killed', () => {
  const options = {
    localSteps: 2,
    participation: { fraction: 0.8, dropout: 0.1, straggler: 0.3 },
    byzantine: { clients: [0, 5], attack: fed.mimic({ warmup: 3 }) },
  }

  test.each(Object.entries(algorithms))('at any round resumes to the same result: %s', async (_, algorithm) => {
    const whole = await run({ algorithm, ...options })
    const expected = json(whole.models)
    for (let killed = 1; killed < 6; killed++) {
      const store = memoryCheckpoints()
      // the checkpoint of this round is not written yet: the round is done again
      for await (const event of fed.simulate({
        clients,
        algorithm,
        rounds: 6,
        key: randomKey(1),
        ...options,
        checkpoint: { store },
      }))
        if (event.type === 'round-end' && event.round === killed) break
      const resumed = await run({ algorithm, ...options, checkpoint: { store } })
      expect(resumed.rounds.map(({ round }) => round)[0]).toBe(killed)
      expect(json(resumed.models)).toBe(expected)
      expect(resumed.counters).toEqual(whole.counters)
      expect(resumed.rounds).toEqual(whole.rounds.slice(killed))
    }
  })

  test('gives the same events when it runs again, others with another key', async () => {
    const [one, two, other] = [await run(options), await run(options), await run({ ...options, key: randomKey(2) })]
    expect(JSON.stringify(one.rounds)).toBe(JSON.stringify(two.rounds))
    expect(json(one.models)).toBe(json(two.models))
    expect(json(one.models)).not.toBe(json(other.models))
  })

  test('is refused by another algorithm or another key', async () => {
    const store = memoryCheckpoints()
    await run({ checkpoint: { store, every: 2 } })
    await expect(run({ checkpoint: { store }, algorithm: fed.local({ learningRate }) })).rejects.toThrow(
      /checkpoint is of "federated-average\(mean, average\)", expected "local"/,
    )
    await expect(run({ checkpoint: { store }, key: randomKey(5) })).rejects.toThrow(/another key/)
  })
})

describe('participation', () => {
  test('samples so many clients, others in every round, each about as often', async () => {
    const { rounds } = await run({ rounds: 200, participation: { count: 2 }, algorithm: fed.local({ learningRate }) })
    const seen = new Array<number>(8).fill(0)
    for (const { participants } of rounds) {
      expect(participants).toHaveLength(2)
      expect(participants[0]!).toBeLessThan(participants[1]!)
      for (const client of participants) seen[client]!++
    }
    // 50 each, standard deviation 6
    for (const count of seen) expect(Math.abs(count - 50)).toBeLessThan(25)
    const share = await run({ participation: { fraction: 0.25 } })
    expect(share.rounds.every(({ participants }) => participants.length === 2)).toBe(true)
  })

  test('drop-outs send nothing and take no step', async () => {
    const { rounds, counters } = await run({ rounds: 100, participation: { dropout: 0.5 } })
    const answered = rounds.reduce((sum, { participants }) => sum + participants.length, 0)
    expect(answered / 800).toBeGreaterThan(0.4)
    expect(answered / 800).toBeLessThan(0.6)
    expect(counters.gradientEvaluations).toBe(answered)
    expect(counters.messages).toBe(2 * answered)
    for (const { participants, dropped } of rounds)
      expect([...participants, ...dropped].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  })

  test('stragglers manage a share of the local steps', async () => {
    const { rounds, counters } = await run({
      localSteps: 4,
      participation: { straggler: 0.5, stragglerShare: 0.25 },
    })
    const slow = rounds.reduce((sum, { stragglers }) => sum + stragglers.length, 0)
    expect(slow).toBeGreaterThan(0)
    expect(counters.gradientEvaluations).toBe(6 * 8 * 4 - slow * 3)
  })

  test('a client that is never asked keeps its model', async () => {
    const { models, rounds } = await run({
      rounds: 2,
      algorithm: fed.local({ learningRate }),
      participation: { count: 1 },
    })
    const moved = new Set(rounds.flatMap(({ participants }) => participants))
    models.toVectors().forEach((row, client) => expect(Math.hypot(...row) > 0).toBe(moved.has(client)))
  })

  test.each<[string, fed.ParticipationOptions, RegExp]>([
    ['both fraction and count', { fraction: 0.5, count: 2 }, /fraction or count, got both/],
    ['more clients than there are', { count: 9 }, /count: expected a whole number from 1 to 8, got 9/],
    ['certain drop-out', { dropout: 1 }, /dropout: expected a probability below 1/],
    ['an unknown option', { drop: 0.1 } as never, /unknown option "drop"/],
  ])('refuses %s', async (_, participation, message) => expect(run({ participation })).rejects.toThrow(message))
})

describe('counters', () => {
  const vector = 8 * 6
  test.each<[string, fed.FederatedAlgorithm, { messages: number; gradients: number; losses?: number }]>([
    ['local', algorithms.local!, { messages: 0, gradients: 8 }],
    // the model out, the change back
    ['global', average, { messages: 16, gradients: 8 }],
    // model and control out, change and control back
    ['SCAFFOLD', algorithms.SCAFFOLD!, { messages: 32, gradients: 8 }],
    ['oracle', algorithms['oracle clusters']!, { messages: 16, gradients: 8 }],
    // both models out
    ['IFCA', algorithms['IFCA model']!, { messages: 16 + 8, gradients: 8, losses: 16 }],
    // global and personal steps
    ['Ditto', algorithms.Ditto!, { messages: 16, gradients: 16 }],
    // every model to 7 others, 7 gradients back
    [
      'Federated-Clustering',
      fed.federatedClustering({ learningRate, radius: fed.gapRadius() }),
      { messages: 8 * 14, gradients: 64 },
    ],
    // momenta in, one centre back
    ['Momentum-Clustering', algorithms['Momentum-Clustering']!, { messages: 16, gradients: 8 }],
  ])('%s', async (_, algorithm, { messages, gradients, losses = 0 }) => {
    const { counters } = await run({ algorithm, rounds: 3 })
    expect(counters).toEqual({
      messages: 3 * messages,
      bytes: 3 * messages * vector,
      gradientEvaluations: 3 * gradients,
      lossEvaluations: 3 * losses,
    })
  })
})

describe('a client that sends NaN', () => {
  const broken = fed.vectorClients(
    Array.from({ length: 4 }, (_, client) => ({
      gradient: (model: Float64Array, { batch }: { readonly batch: number }) => [
        client === 2 && batch === 1 ? NaN : model[0]! - client,
      ],
      loss: () => 0,
    })),
    { dimension: 1 },
  )
  const go = (nonFinite: 'exclude' | 'quarantine' | 'throw', algorithm: fed.FederatedAlgorithm = average) =>
    fed.runSimulation({ clients: broken, algorithm, rounds: 4, key: randomKey(1), nonFinite })

  test('is named and left out of the round', async () => {
    const { rounds, models } = await go('exclude')
    expect(rounds.map(({ excluded }) => excluded)).toEqual([[], [{ client: 2, reason: 'not-finite' }], [], []])
    expect(rounds.every(({ quarantined }) => quarantined.length === 0)).toBe(true)
    // means of the optima 0, 1, 2, 3 and in round 1 of 0, 1, 3
    let x = 0
    for (const target of [1.5, 4 / 3, 1.5, 1.5]) x += learningRate * (target - x)
    expect(models.toVectors()[0]![0]).toBeCloseTo(x, 12)
  })

  test('is left out of all later rounds by quarantine, also after a restart', async () => {
    const { rounds } = await go('quarantine')
    expect(rounds.map(({ participants }) => participants.length)).toEqual([4, 4, 3, 3])
    expect(rounds.map(({ quarantined }) => quarantined)).toEqual([[], [2], [2], [2]])
    const store = memoryCheckpoints()
    const part = { clients: broken, algorithm: average, key: randomKey(1), nonFinite: 'quarantine' as const }
    await fed.runSimulation({ ...part, rounds: 2, checkpoint: { store } })
    const { rounds: later } = await fed.runSimulation({ ...part, rounds: 4, checkpoint: { store } })
    expect(later.map(({ participants }) => participants)).toEqual([
      [0, 1, 3],
      [0, 1, 3],
    ])
  })

  test('ends the run by throw, with its number and the round', async () => {
    await expect(go('throw')).rejects.toMatchObject({ code: 'not-finite', fields: { round: 1, clients: [2] } })
  })

  test('is left out by every receiver of Federated-Clustering', async () => {
    const { rounds, models } = await go(
      'exclude',
      fed.federatedClustering({ learningRate, radius: fed.quantileRadius({ quantile: 0.5 }) }),
    )
    expect(rounds[1]!.excluded).toEqual([0, 1, 2, 3].map((receiver) => ({ client: 2, receiver, reason: 'not-finite' })))
    expect(models.finite()).toEqual([true, true, true, true])
  })

  test('does not enter the momenta of Momentum-Clustering, the controls of SCAFFOLD or a cluster of IFCA', async () => {
    for (const algorithm of [
      fed.momentumClustering({ learningRate, clusters: 2, radius: fed.madRadius() }),
      fed.scaffold({ learningRate }),
      fed.ifca({ learningRate, clusters: 2, averages: 'gradient' }),
      fed.clusteredFl({ learningRate, stationary: 10, divergent: 0 }),
    ]) {
      const { models, rounds } = await go('exclude', algorithm)
      expect(models.finite()).toEqual([true, true, true, true])
      expect(rounds[1]!.excluded.map(({ client }) => client)).toEqual([2])
    }
  })

  test('an error says so when nobody is left', async () => {
    const all = fed.vectorClients([{ gradient: () => [NaN], loss: () => 0 }], { dimension: 1 })
    await expect(fed.runSimulation({ clients: all, algorithm: average, rounds: 1, key: randomKey(1) })).rejects.toThrow(
      /got NaN or Infinity from client 0.*nobody is left/s,
    )
  })
})

describe('attackers in a run', () => {
  test('large gradients ruin the mean, not the median', async () => {
    const byzantine = { clients: [1, 6], attack: fed.largeGradient() }
    const far = async (aggregator: fed.Aggregator): Promise<number> => {
      const algorithm = fed.federatedAverage({ learningRate, aggregator })
      return Math.hypot(...(await run({ algorithm, byzantine })).models.toVectors()[0]!)
    }
    expect(await far(fed.meanAggregator())).toBeGreaterThan(1e5)
    expect(await far(fed.coordinateMedian())).toBeLessThan(20)
    expect(await far(fed.krum({ byzantine: 2 }))).toBeLessThan(20)
  })

  test.each<[string, Partial<fed.SimulationOptions>, RegExp]>([
    [
      'nobody honest',
      { byzantine: { clients: [0, 1, 2, 3, 4, 5, 6, 7], attack: fed.signFlip() } },
      /one honest client/,
    ],
    ['an attacker that is not there', { byzantine: { clients: [8], attack: fed.signFlip() } }, /from 0 to 7, got 8/],
    ['an unknown policy', { nonFinite: 'ignore' as never }, /exclude, quarantine or throw, got ignore/],
    ['no local step', { localSteps: 0 }, /localSteps: expected a whole number ≥ 1/],
    ['an unknown option', { round: 3 } as never, /unknown option "round"/],
  ])('refuses %s', async (_, options, message) => expect(run(options)).rejects.toThrow(message))
})

test('evaluates before the first round, every so many, and at the end', async () => {
  const { evaluations } = await run({
    rounds: 5,
    evaluate: { every: 2, run: (models, rounds) => ({ rounds, clients: models.count }) },
  })
  expect(evaluations.map(({ metrics }) => metrics.rounds)).toEqual([0, 2, 4, 5])
  expect(evaluations.every(({ metrics }) => metrics.clients === 8)).toBe(true)
})
