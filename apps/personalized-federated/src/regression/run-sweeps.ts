import { mean, type RunOutput, standardDeviation } from '@lemanic/eval'
import { federatedClustering, ifca, quantileRadius, runSimulation, vectorRows } from '@lemanic/fed-opt'
import { randomKey } from '@lemanic/tensor-core'
import type { FederatedContext } from '../mnist/run-digits.js'
import { finite } from '../summary.js'
import { createRegression, errorsOf } from './problem.js'
import { randomStarts } from './run-regression.js'

/** Federated-Clustering over the quantile and over the passes of threshold clustering; errors. */
export async function runSweeps(seed: number, { options, report }: FederatedContext): Promise<RunOutput> {
  const sizes = options.regression
  const key = randomKey(21).foldIn(seed)
  const problem = createRegression(sizes, key.foldIn('data'))
  const cases = [
    ...sizes.quantiles.map((quantile, at) => ({ name: `error quantile ${at}`, quantile, iterations: 10 })),
    ...sizes.passes.map((iterations, at) => ({ name: `error passes ${at}`, quantile: sizes.quantile, iterations })),
  ]
  const metrics: Record<string, number> = {}
  for (const [at, { name, quantile, iterations }] of cases.entries()) {
    await report({ fraction: at / cases.length, message: `seed ${seed}, ${name}` })
    const { models } = await runSimulation({
      clients: problem.clients,
      algorithm: federatedClustering({
        learningRate: sizes.learningRate,
        radius: quantileRadius({ quantile }),
        iterations,
      }),
      rounds: Math.ceil(sizes.rounds / 2),
      key: key.foldIn('run'),
    })
    metrics[name] = finite(mean(errorsOf(models, problem)))
  }
  return { metrics }
}

/** IFCA and FC from several random starts on the same data: the spread of their errors. */
export async function runStarts(seed: number, { options, report }: FederatedContext): Promise<RunOutput> {
  const sizes = options.regression
  const key = randomKey(21).foldIn(seed)
  const problem = createRegression(sizes, key.foldIn('data'))
  const errors: Record<'ifca' | 'fc', number[]> = { ifca: [], fc: [] }
  for (let start = 0; start < sizes.starts; start++) {
    await report({ fraction: start / sizes.starts, message: `seed ${seed}, start ${start}` })
    const from = vectorRows([new Float64Array(sizes.dimension)])
    // every start of FC is one model for all, as in the paper
    const clients = { ...problem.clients, init: (own: typeof key, count: number) => from.normal(own, count) }
    const algorithms = {
      ifca: ifca({
        learningRate: sizes.learningRate,
        clusters: sizes.clusters,
        init: randomStarts(sizes.clusters),
      }),
      fc: federatedClustering({
        learningRate: sizes.learningRate,
        radius: quantileRadius({ quantile: sizes.quantile }),
      }),
    }
    for (const name of ['ifca', 'fc'] as const) {
      const { models } = await runSimulation({
        clients,
        algorithm: algorithms[name],
        rounds: Math.ceil(sizes.rounds / 2),
        key: key.foldIn('start').foldIn(start),
      })
      errors[name].push(finite(mean(errorsOf(models, problem))))
    }
  }
  return {
    metrics: { 'spread ifca': standardDeviation(errors.ifca), 'spread fc': standardDeviation(errors.fc) },
    samples: { ifca: errors.ifca, fc: errors.fc },
  }
}
