import { ownPairs } from '../clients/clients.js'
import { checkWhole } from '../refuse.js'
import type { FederatedAlgorithm, StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'

/**
 * Any algorithm, and at the end a few steps of every client on its own data: FedAvg with fine-tuning is a strong
 * baseline that papers seldom report.
 *
 * Wang et al., "Federated Evaluation of On-device Personalization", 2019 (arXiv 1910.10252).
 *
 * @param options.steps Local steps, ≥ 1, on batches 0, 1, … of each client.
 */
export function fineTuned(
  algorithm: FederatedAlgorithm,
  options: StepOptions & { readonly steps: number },
): FederatedAlgorithm {
  const { steps, ...rates } = options
  checkSteps('fineTuned', rates)
  checkWhole('fineTuned', 'steps', steps, 1)
  return {
    ...algorithm,
    name: `fine-tuned(${algorithm.name})`,
    models(state, clients, key) {
      const models = algorithm.models(state, clients, key)
      const everyone = ownPairs(Int32Array.from({ length: clients.count }, (_, client) => client))
      return clients.train({
        ...rates,
        models,
        clients: everyone.clients,
        steps: new Int32Array(clients.count).fill(steps),
        firstBatch: 0,
        key: key.foldIn('fine-tuning'),
      }).models
    },
  }
}
