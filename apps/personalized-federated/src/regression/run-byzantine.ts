import { mean, type RunOutput } from '@lemanic/eval'
import {
  aLittleIsEnough,
  type Attack,
  clusteredRegression,
  duplicateCollusion,
  edgeOfBall,
  federatedAverage,
  type FederatedAlgorithm,
  federatedClustering,
  fixedRadius,
  innerProductManipulation,
  largeGradient,
  quantileRadius,
  runSimulation,
  signFlip,
} from '@lemanic/fed-opt'
import { randomKey } from '@lemanic/tensor-core'
import type { FederatedContext } from '../mnist/run-digits.js'
import type { RegressionSizes } from '../options.js'
import { finite } from '../summary.js'
import { errorsOf, subset } from './problem.js'
import { theoryOf } from './run-regression.js'

/** Attacks whose error is followed over the number of attackers. */
export const followedAttacks = ['large gradient', 'bit flip', 'duplicates'] as const
/** Attacks at one number of attackers only. */
export const otherAttacks = ['ALIE', 'IPM', 'edge of ball'] as const
export type AttackName = (typeof followedAttacks)[number] | (typeof otherAttacks)[number]
export const attackedRules = ['fc quantile', 'fc fixed', 'global'] as const
export type AttackedRule = (typeof attackedRules)[number]

/** √(σΔ), the radius of the theorem, as a number: what FC with a fixed radius uses here. */
export function fixedRadiusOf(sizes: RegressionSizes): number {
  const { deviation, separation } = theoryOf(sizes)
  return Math.sqrt(deviation * separation)
}

/** Name of the metric of a rule under an attack with attackers number `at` of the list. */
export function attackedMetric(rule: AttackedRule, attack: AttackName, at: number): string {
  return `${rule}, ${attack}, ${at}`
}

/** The position in the list of attackers at which the other attacks are measured: the last but one. */
export const otherAttackers = (sizes: RegressionSizes): number => Math.max(1, sizes.attackers.length - 2)

function attackOf(name: AttackName, radius: number): Attack {
  switch (name) {
    case 'large gradient':
      return largeGradient()
    case 'bit flip':
      return signFlip()
    case 'duplicates':
      return duplicateCollusion()
    case 'ALIE':
      return aLittleIsEnough({ z: 1 })
    case 'IPM':
      return innerProductManipulation({ epsilon: 0.5 })
    case 'edge of ball':
      return edgeOfBall({ radius })
  }
}

/** Errors of the honest clients while more and more attackers join them. */
export async function runByzantine(seed: number, { options, report }: FederatedContext): Promise<RunOutput> {
  const sizes = options.regression
  const { clusters, clientsPerCluster, dimension, examples, scale, learningRate, attackedRounds } = sizes
  const key = randomKey(22).foldIn(seed)
  const honest = clusters * clientsPerCluster
  const radius = fixedRadiusOf(sizes)
  // the same honest clients whatever the attackers, who come last and have data of every cluster
  const perCluster = clientsPerCluster + Math.ceil(Math.max(...sizes.attackers) / clusters)
  const problem = clusteredRegression({
    clusters,
    clientsPerCluster: perCluster,
    dimension,
    examples,
    scale,
    optima: 'sphere',
    key: key.foldIn('data'),
  })
  const isExtra = (client: number): number => Number(client % perCluster >= clientsPerCluster)
  const order = [...problem.labels.keys()].sort((a, b) => isExtra(a) - isExtra(b) || a - b)
  const rules: Record<AttackedRule, FederatedAlgorithm> = {
    'fc quantile': federatedClustering({ learningRate, radius: quantileRadius({ quantile: sizes.attackedQuantile }) }),
    'fc fixed': federatedClustering({ learningRate, radius: fixedRadius(radius) }),
    global: federatedAverage({ learningRate }),
  }
  const cases = sizes.attackers.flatMap((attackers, at) => {
    const names: readonly AttackName[] =
      at === 0
        ? ['large gradient']
        : at === otherAttackers(sizes)
          ? [...followedAttacks, ...otherAttacks]
          : followedAttacks
    return names.map((name) => ({ attackers, at, name }))
  })
  const metrics: Record<string, number> = {}
  for (const [done, { attackers, at, name }] of cases.entries()) {
    await report({ fraction: done / cases.length, message: `seed ${seed}, ${attackers} × ${name}` })
    const taken = order.slice(0, honest + attackers)
    const clients = subset(problem.clients, taken)
    const labels = Int32Array.from(taken.slice(0, honest), (client) => problem.labels[client]!)
    for (const rule of attackedRules) {
      const { models } = await runSimulation({
        clients,
        algorithm: rules[rule],
        rounds: attackedRounds,
        key: key.foldIn('run'),
        ...(attackers === 0
          ? {}
          : {
              byzantine: {
                clients: taken.map((_, i) => i).slice(honest),
                attack: attackOf(name, radius),
              },
            }),
      })
      const error = finite(mean(errorsOf(models, { labels, optima: problem.optima })))
      // without attackers all attacks are one
      for (const attack of at === 0 ? followedAttacks : [name]) metrics[attackedMetric(rule, attack, at)] = error
    }
  }
  return { metrics }
}
