import { scatter } from '../clients/train-by-gradients.js'
import { stateOf, type FederatedAlgorithm, type StepOptions } from './algorithm.js'
import { checkSteps } from './check-steps.js'

/** Every client trains alone, on its own data; nothing is sent. All start at the same model. */
export function local(options: StepOptions): FederatedAlgorithm {
  checkSteps('local', options)
  return {
    name: 'local',
    init: (clients, key) => stateOf({ models: clients.init(key, 1).select(new Int32Array(clients.count)) }),
    round({ rows }, { clients, participants, steps, firstBatch, key }) {
      const models = rows.models!
      const trained = clients.train({
        ...options,
        models: models.select(participants),
        clients: participants,
        steps,
        firstBatch,
        key,
      })
      const isEveryone = participants.length === clients.count
      return stateOf({ models: isEveryone ? trained.models : scatter(models, participants, trained.models) })
    },
    models: ({ rows }) => rows.models!.select(Int32Array.from({ length: rows.models!.count }, (_, i) => i)),
  }
}
