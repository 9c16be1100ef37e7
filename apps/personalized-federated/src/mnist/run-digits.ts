import { mean, type RunContext, type RunOutput } from '@lemanic/eval'
import {
  ditto,
  federatedAverage,
  type FederatedAlgorithm,
  federatedClustering,
  fineTuned,
  ifca,
  local,
  oracleClusters,
  quantileRadius,
  simulate,
} from '@lemanic/fed-opt'
import { randomKey } from '@lemanic/tensor-core'
import { partsOf, type MnistArm, type MnistMethod } from '../arms.js'
import type { FederatedEngine } from '../engine.js'
import type { FederatedOptions, MnistSizes } from '../options.js'
import { adjustedRandIndex, ballQuality, worstDecile } from '../summary.js'
import { clientDigits } from './client-digits.js'
import { neighbourShares, worthOf } from './evaluate.js'

export type FederatedContext = RunContext<FederatedOptions, FederatedEngine>

/** The algorithm of a method; `clusters` are the true ones, which only the oracle and the shares of FC's quantile know. */
export function digitAlgorithm(method: MnistMethod, sizes: MnistSizes, clusters: Int32Array): FederatedAlgorithm {
  const learningRate = sizes.rates[method]
  switch (method) {
    case 'local':
      return local({ learningRate })
    case 'global':
    case 'knn':
      return federatedAverage({ learningRate })
    case 'fine-tuned':
      // the last tenth of the updates are local
      return fineTuned(federatedAverage({ learningRate }), { learningRate, steps: tuningSteps(sizes) })
    case 'ditto':
      return ditto({ learningRate, strength: 1 })
    case 'ifca':
      return ifca({ learningRate, clusters: sizes.clusters, averages: 'gradient' })
    case 'fc':
      return federatedClustering({
        learningRate,
        radius: quantileRadius({ quantile: sizes.quantile }),
        groups: sizes.groups,
      })
    case 'oracle':
      return oracleClusters({ learningRate, labels: clusters })
  }
}

const tuningSteps = (sizes: MnistSizes): number => Math.max(1, Math.round(sizes.rounds / 10))

/** One method at one seed on rotated digits or private labels; `validation` is for choosing step sizes. */
export async function runDigitsArm(
  arm: MnistArm,
  seed: number,
  context: FederatedContext,
  on: 'test' | 'validation' = 'test',
): Promise<RunOutput> {
  const { setting, method } = partsOf(arm)
  const sizes = context.options.mnist
  const key = randomKey(11).foldIn(seed)
  const digits = clientDigits({ digits: context.engine.digits, setting, sizes, key: key.foldIn('data'), on })
  const { clients, clusters } = digits
  const rounds = sizes.rounds - (method === 'fine-tuned' ? tuningSteps(sizes) : 0)
  let report: Readonly<Record<string, unknown>> = {}
  let output: RunOutput | undefined
  try {
    for await (const event of simulate({
      clients,
      algorithm: digitAlgorithm(method, sizes, clusters),
      rounds,
      key: key.foldIn('run'),
    })) {
      if (event.type === 'round-end') {
        report = event.report
        await context.report({ fraction: event.round / rounds, message: `seed ${seed}, round ${event.round}` })
      }
      if (event.type !== 'simulation-end') continue
      const { accuracy, loss } = worthOf(event.models, digits, {
        count: clients.count,
        ...(method === 'knn' ? { neighbours: neighbourShares[setting] } : {}),
      })
      event.models.dispose()
      output = {
        metrics: {
          accuracy: 100 * mean([...accuracy]),
          'worst accuracy': 100 * worstDecile(accuracy, 'lowest'),
          loss: mean([...loss]),
          gradients: event.counters.gradientEvaluations / clients.count,
          megabytes: event.counters.bytes / clients.count / 1e6,
          ...found(method, report, clusters),
        },
        samples: { accuracy: [...accuracy].map((value) => 100 * value) },
      }
    }
  } finally {
    clients.dispose()
  }
  return output!
}

/** Whether the clusters were found, by what the last round reported. */
function found(
  method: MnistMethod,
  report: Readonly<Record<string, unknown>>,
  clusters: Int32Array,
): Readonly<Record<string, number>> {
  if (method === 'fc')
    return { precision: ballQuality(report.inside as Record<string, number[]>, clusters, clusters.length).precision }
  return method === 'ifca' ? { 'rand index': adjustedRandIndex(report.labels as number[], clusters) } : {}
}
