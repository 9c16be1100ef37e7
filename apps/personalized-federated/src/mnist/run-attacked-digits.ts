import { mean, type RunOutput } from '@lemanic/eval'
import {
  federatedAverage,
  federatedClustering,
  largeGradient,
  local,
  quantileRadius,
  signFlip,
  simulate,
} from '@lemanic/fed-opt'
import { randomKey } from '@lemanic/tensor-core'
import { clientDigits } from './client-digits.js'
import { worthOf } from './evaluate.js'
import type { FederatedContext } from './run-digits.js'

/** Private labels with attackers: FC and Global under the paper's two attacks, and without (accuracies of honest clients). */
export async function runAttackedDigits(seed: number, context: FederatedContext): Promise<RunOutput> {
  const { mnist: sizes, mnistAttack } = context.options
  const { attackers, rounds, quantile } = mnistAttack
  const key = randomKey(12).foldIn(seed)
  const honest = sizes.clusters * sizes.clientsPerCluster
  const digits = clientDigits({
    digits: context.engine.digits,
    setting: 'private',
    sizes,
    key: key.foldIn('data'),
    attackers,
  })
  const liars = Array.from({ length: attackers }, (_, i) => honest + i)
  const fc = federatedClustering({ learningRate: sizes.rates.fc, radius: quantileRadius({ quantile }) })
  const global = federatedAverage({ learningRate: sizes.rates.global })
  const cases = [
    ['local', local({ learningRate: sizes.rates.local }), undefined],
    ['fc large gradient', fc, largeGradient()],
    ['fc bit flip', fc, signFlip()],
    ['global large gradient', global, largeGradient()],
    ['global bit flip', global, signFlip()],
  ] as const
  const metrics: Record<string, number> = {}
  try {
    for (const [at, [name, algorithm, attack]] of cases.entries()) {
      for await (const event of simulate({
        clients: digits.clients,
        algorithm,
        rounds,
        key: key.foldIn('run'),
        ...(attack === undefined ? {} : { byzantine: { clients: liars, attack } }),
      })) {
        if (event.type === 'round-end')
          await context.report({
            fraction: (at + event.round / rounds) / cases.length,
            message: `seed ${seed}, ${name}, round ${event.round}`,
          })
        if (event.type !== 'simulation-end') continue
        const { accuracy } = worthOf(event.models, digits, { count: honest })
        event.models.dispose()
        metrics[`accuracy, ${name}`] = 100 * mean([...accuracy])
      }
    }
  } finally {
    digits.clients.dispose()
  }
  return { metrics }
}
