import { scatter } from '../clients/train-by-gradients.js'
import { checkNumber } from '../refuse.js'
import { stateOf, type AlgorithmState, type FederatedAlgorithm } from './algorithm.js'
import { federatedAverage, type FederatedAverageOptions } from './federated-average.js'

export interface DittoOptions extends FederatedAverageOptions {
  /** λ ≥ 0: how strongly personal models are drawn to the global one; 0 is local training. Default 1. */
  readonly strength?: number
  /** Rate of the personal models. Default: `learningRate`. */
  readonly personalRate?: number
}

/**
 * A global model by FedAvg, and beside it a personal one for each client, trained on its own loss plus
 * (λ/2)‖v_i − w‖² with w the global model of the round before.
 *
 * Li, Hu, Beirami, Smith, "Ditto: Fair and Robust Federated Learning Through Personalization", 2021 (arXiv 2012.04221),
 * Algorithm 1. λ `strength`.
 */
export function ditto({ strength = 1, personalRate, ...options }: DittoOptions): FederatedAlgorithm {
  checkNumber('ditto', 'strength', strength, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')
  if (personalRate !== undefined) checkNumber('ditto', 'personalRate', personalRate, (x) => x >= 0, 'a number ≥ 0')
  const average = federatedAverage(options)
  if (average.isAsync === true)
    checkNumber('ditto', 'aggregator', NaN, () => false, 'an Aggregator (a Reducer is not supported here)')
  return {
    name: `ditto(${average.name})`,
    init(clients, key) {
      const { rows, json } = average.init(clients, key)
      return stateOf({ ...rows, personal: rows.global!.select(new Int32Array(clients.count)) }, json)
    },
    round({ rows, json }, context) {
      const { personal, ...shared } = rows
      const { clients, participants, steps, firstBatch, key } = context
      const trained = clients.train({
        models: personal!.select(participants),
        clients: participants,
        steps,
        firstBatch,
        learningRate: personalRate ?? options.learningRate,
        momentum: options.momentum ?? 0,
        ...(strength > 0 ? { proximal: { strength, anchor: rows.global! } } : {}),
        key: key.foldIn('personal'),
      })
      const next = average.round({ rows: shared, json }, context) as AlgorithmState
      return stateOf({ ...next.rows, personal: scatter(personal!, participants, trained.models) }, next.json)
    },
    models: ({ rows }) => rows.personal!.select(Int32Array.from({ length: rows.personal!.count }, (_, i) => i)),
  }
}
