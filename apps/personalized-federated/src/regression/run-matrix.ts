import { mean, type RunOutput } from '@lemanic/eval'
import {
  type Aggregator,
  aLittleIsEnough,
  type Attack,
  bucketing,
  centeredClipping,
  type Clients,
  type ClusteredRegression,
  clusteredRegression,
  compose,
  coordinateMedian,
  duplicateCollusion,
  edgeOfBall,
  federatedAverage,
  gaussianNoise,
  geometricMedian,
  innerProductManipulation,
  krum,
  largeGradient,
  madRadius,
  meanAggregator,
  mimic,
  minMax,
  multiKrum,
  nearestNeighborMixing,
  runSimulation,
  signFlip,
  thresholdClusteringAggregator,
  trainByGradients,
  trimmedMean,
} from '@lemanic/fed-opt'
import { randomKey } from '@lemanic/tensor-core'
import type { FederatedContext } from '../mnist/run-digits.js'
import { finite } from '../summary.js'
import { distance, subset } from './problem.js'

/** The rules; those that need the number of attackers are told the true one. */
export const matrixRules: Readonly<Record<string, (attackers: number) => Aggregator>> = {
  mean: () => meanAggregator(),
  'coordinate median': () => coordinateMedian(),
  'trimmed mean': (byzantine) => trimmedMean({ byzantine }),
  Krum: (byzantine) => krum({ byzantine }),
  'multi-Krum': (byzantine) => multiKrum({ byzantine }),
  'geometric median': () => geometricMedian(),
  'centred clipping': () => centeredClipping({ radius: 2, iterations: 3 }),
  'threshold clustering': () => thresholdClusteringAggregator({ radius: madRadius() }),
  'bucketing + median': () => compose(bucketing({ size: 2 }), coordinateMedian()),
  'NNM + median': (byzantine) => compose(nearestNeighborMixing({ byzantine }), coordinateMedian()),
  'NNM + Krum': (byzantine) => compose(nearestNeighborMixing({ byzantine }), krum({ byzantine })),
}

export const matrixAttacks: Readonly<Record<string, () => Attack | undefined>> = {
  none: () => undefined,
  'large gradient': () => largeGradient(),
  'bit flip': () => signFlip(),
  'label flip': () => ({ name: 'label-flip' }),
  noise: () => gaussianNoise({ deviation: 10, replace: true }),
  IPM: () => innerProductManipulation({ epsilon: 0.5 }),
  ALIE: () => aLittleIsEnough({ z: 1 }),
  mimic: () => mimic({ warmup: 5 }),
  'edge of ball': () => edgeOfBall({ radius: 5 }),
  duplicates: () => duplicateCollusion(),
  'min–max': () => minMax(),
}

/** The name of the metric of a cell. */
export function matrixMetric(rule: string, attack: string, level: number): string {
  return `${rule} × ${attack}, ${level}`
}

/**
 * Every rule under every attack, at each heterogeneity: the distance of the one model at the end from that of the honest
 * clients' mean, trained without attackers. A fifth attacks.
 */
export async function runMatrix(seed: number, { options, report }: FederatedContext): Promise<RunOutput> {
  const { clients: count, attackers, rounds, learningRate, heterogeneity } = options.matrix
  const key = randomKey(23).foldIn(seed)
  const metrics: Record<string, number> = {}
  const total = heterogeneity.length * Object.keys(matrixRules).length
  let done = 0
  for (const [level, scale] of heterogeneity.entries()) {
    // attackers are spread over the clusters, so that the honest ones are balanced
    const problem = clusteredRegression({
      clusters: 4,
      clientsPerCluster: count / 4,
      examples: 20,
      scale,
      optima: 'sphere',
      key: key.foldIn('data').foldIn(level),
    })
    const perCluster = count / 4
    const liars = Array.from({ length: attackers }, (_, i) => (i % 4) * perCluster + Math.floor(i / 4))
    const honest = subset(
      problem.clients,
      Array.from({ length: count }, (_, i) => i).filter((i) => !liars.includes(i)),
    )
    const honestOnly = await train(honest, meanAggregator(), 10 * rounds, learningRate, key, undefined)
    const flipped = withFlippedLabels(problem, liars)
    for (const [rule, make] of Object.entries(matrixRules)) {
      await report({ fraction: done++ / total, message: `seed ${seed}, R ${scale}, ${rule}` })
      for (const [name, attackOf] of Object.entries(matrixAttacks)) {
        const attack = attackOf()
        const clients = name === 'label flip' ? flipped : problem.clients
        const at = await train(
          clients,
          make(attackers),
          rounds,
          learningRate,
          key,
          attack === undefined ? undefined : { clients: liars, attack },
        )
        metrics[matrixMetric(rule, name, level)] = finite(distance(at, honestOnly))
      }
    }
  }
  return { metrics }
}

async function train(
  clients: Clients,
  aggregator: Aggregator,
  rounds: number,
  learningRate: number,
  key: ReturnType<typeof randomKey>,
  byzantine: { readonly clients: readonly number[]; readonly attack: Attack } | undefined,
): Promise<Float64Array> {
  const { models } = await runSimulation({
    clients,
    algorithm: federatedAverage({ learningRate, aggregator }),
    rounds,
    key: key.foldIn('run'),
    ...(byzantine === undefined ? {} : { byzantine }),
  })
  return models.toVectors()[0]!
}

/** The clients, of whom some have targets of the other sign: with targets −y the gradient at x is −∇f(−x). */
function withFlippedLabels({ clients }: ClusteredRegression, liars: readonly number[]): Clients {
  const sign = (client: number): number => (liars.includes(client) ? -1 : 1)
  const flipped: Clients = {
    ...clients,
    gradients(request) {
      const signs = Array.from(request.clients, sign)
      const models = request.models.select(request.rows).scale(signs)
      const rows = Int32Array.from(signs, (_, i) => i)
      const { gradients, losses } = clients.gradients({ ...request, models, rows })
      return { gradients: gradients.scale(signs), losses }
    },
    train: (request) => trainByGradients(flipped, request),
  }
  return flipped
}

/** The mean over attacks (or the largest) of a rule's errors at a heterogeneity. */
export function overAttacks(
  metrics: Readonly<Record<string, number>>,
  rule: string,
  level: number,
  kind: 'mean' | 'worst',
): number {
  const values = Object.keys(matrixAttacks)
    .filter((name) => name !== 'none')
    .map((name) => metrics[matrixMetric(rule, name, level)]!)
  return kind === 'mean' ? mean(values) : Math.max(...values)
}
