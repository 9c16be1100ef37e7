import { mean, type RunOutput } from '@lemanic/eval'
import {
  clusteredFl,
  type Clients,
  type ClusteredRegression,
  ditto,
  federatedAverage,
  type FederatedAlgorithm,
  federatedClustering,
  fineTuned,
  gapRadius,
  ifca,
  local,
  madRadius,
  momentumClustering,
  myopicClustering,
  oracleClusters,
  quantileRadius,
  type RadiusPolicy,
  runSimulation,
  theoryRadius,
} from '@lemanic/fed-opt'
import { type RandomKey, randomKey } from '@lemanic/tensor-core'
import { figure3Methods, methodOf, type RegressionArm, type RegressionMethod } from '../arms.js'
import type { FederatedContext } from '../mnist/run-digits.js'
import type { RegressionSizes } from '../options.js'
import { adjustedRandIndex, ballQuality, finite, worstDecile } from '../summary.js'
import { createRegression, errorsOf } from './problem.js'

/** The σ and Δ of gradients at an optimum: the noise of `examples` residuals, and optima that are √2 R apart. */
export function theoryOf({ dimension, examples, scale }: RegressionSizes): { deviation: number; separation: number } {
  return { deviation: Math.sqrt(dimension / examples), separation: Math.SQRT2 * scale }
}

/** Starts of K models that are not alike: standard normal. */
export function randomStarts(count: number) {
  return (clients: Clients, key: RandomKey) => clients.init(key, 1).normal(key, count)
}

function algorithmOf(
  method: RegressionMethod,
  sizes: RegressionSizes,
  problem: ClusteredRegression,
  quantile: number,
): FederatedAlgorithm {
  const { learningRate, rounds } = sizes
  const clusters = problem.optima.length
  const clustering = (radius: RadiusPolicy) => federatedClustering({ learningRate, radius })
  const momentum = { learningRate, clusters, radius: quantileRadius({ quantile }) }
  switch (method) {
    case 'local':
      return local({ learningRate })
    case 'global':
      return federatedAverage({ learningRate })
    case 'fine-tuned':
      return fineTuned(federatedAverage({ learningRate }), { learningRate, steps: Math.round(rounds / 10) })
    case 'ditto':
      return ditto({ learningRate, strength: 1 })
    case 'ifca':
      return ifca({ learningRate, clusters, init: randomStarts(clusters) })
    case 'ifca-gradient':
      return ifca({ learningRate, clusters, averages: 'gradient', init: randomStarts(clusters) })
    case 'clustered-fl':
      // in units of a change: stationary where the mean gradient is 0.3, not where members have 1
      return clusteredFl({ learningRate, stationary: 0.3 * learningRate, divergent: learningRate, smallest: 2 })
    case 'myopic':
      return myopicClustering({ learningRate, clusters })
    case 'momentum':
      return momentumClustering(momentum)
    case 'momentum-frozen':
      return momentumClustering({ ...momentum, freezeAfter: 5 })
    case 'fc':
      return clustering(quantileRadius({ quantile }))
    case 'fc-gap':
      return clustering(gapRadius())
    case 'fc-mad':
      return clustering(madRadius({ nearest: 1 / clusters }))
    case 'fc-theory':
      return clustering(theoryRadius(theoryOf(sizes)))
    case 'oracle':
      return oracleClusters({ learningRate, labels: problem.labels })
  }
}

/** q for K clusters of n: the ball holds one less than a cluster. */
export function quantileFor(clusters: number, size: number): number {
  return (size - 2 + 0.5) / (clusters * size)
}

/** One method at one seed; the methods of Figure 3 also at its sizes. */
export async function runRegressionArm(
  arm: RegressionArm,
  seed: number,
  { options, report }: FederatedContext,
): Promise<RunOutput> {
  const sizes = options.regression
  const method = methodOf(arm)
  const key = randomKey(21).foldIn(seed)
  const run = async (problem: ClusteredRegression, quantile: number) => {
    const { clients } = problem
    const algorithm = algorithmOf(method, sizes, problem, quantile)
    const rounds = sizes.rounds - (method === 'fine-tuned' ? Math.round(sizes.rounds / 10) : 0)
    const result = await runSimulation({ clients, algorithm, rounds, key: key.foldIn('run') })
    return { errors: errorsOf(result.models, problem), last: result.rounds.at(-1)!.report, counters: result.counters }
  }
  await report({ fraction: 0, message: `seed ${seed}` })
  const problem = createRegression(sizes, key.foldIn('data'))
  const { errors, last, counters } = await run(problem, sizes.quantile)
  const { labels, clients } = problem
  const others: Record<string, number> = {}
  if (figure3Methods.includes(method)) {
    for (const [at, [clusters, size]] of sizes.others.entries()) {
      await report({
        fraction: (at + 1) / (sizes.others.length + 1),
        message: `seed ${seed}, K ${clusters}, n ${size}`,
      })
      const other = createRegression(sizes, key.foldIn(`data ${clusters} ${size}`), [clusters, size])
      const { errors: found } = await run(other, quantileFor(clusters, size))
      others[`error size ${at}`] = finite(mean(found))
    }
  }
  const isBall = method.startsWith('fc')
  const balls = isBall ? ballQuality(last.inside as Record<string, number[]>, labels, clients.count) : undefined
  return {
    metrics: {
      error: finite(mean(errors)),
      'worst error': finite(worstDecile(errors, 'highest')),
      gradients: counters.gradientEvaluations / clients.count,
      megabytes: counters.bytes / clients.count / 1e6,
      ...(balls === undefined ? {} : { precision: balls.precision, recall: balls.recall }),
      ...(last.labels === undefined ? {} : { 'rand index': adjustedRandIndex(last.labels as number[], labels) }),
      ...others,
    },
    samples: { error: errors.map((value) => finite(value)) },
  }
}
