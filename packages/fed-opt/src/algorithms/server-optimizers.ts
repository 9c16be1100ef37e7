import type { RowsState } from '../aggregators/aggregator.js'
import { checkNumber } from '../refuse.js'
import type { Rows } from '../rows/rows.js'

/** How a server moves its model by the aggregated change of its clients (Δ, which points downhill). */
export interface ServerOptimizer {
  readonly name: string
  step(model: Rows, change: Rows, state: RowsState, round: number): { model: Rows; state: RowsState }
}

/** x ← x + η Δ: FedAvg with η = 1. McMahan et al., 2017 (arXiv 1602.05629). */
export function serverAverage({ learningRate = 1 }: { readonly learningRate?: number } = {}): ServerOptimizer {
  checkNumber('serverAverage', 'learningRate', learningRate, (x) => x > 0, 'a number above 0')
  return { name: 'average', step: (model, change) => ({ model: model.add(change, learningRate), state: {} }) }
}

/**
 * v ← βv + Δ, x ← x + ηv: FedAvgM.
 *
 * Hsu, Qi, Brown, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification", 2019
 * (arXiv 1909.06335). State: `velocity`.
 */
export function serverMomentum(
  options: { readonly learningRate?: number; readonly momentum?: number } = {},
): ServerOptimizer {
  const { learningRate = 1, momentum = 0.9 } = options
  checkNumber('serverMomentum', 'learningRate', learningRate, (x) => x > 0, 'a number above 0')
  checkNumber('serverMomentum', 'momentum', momentum, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  return {
    name: 'momentum',
    step(model, change, state) {
      const velocity = state.velocity === undefined ? change : change.add(state.velocity, momentum)
      return { model: model.add(velocity, learningRate), state: { velocity } }
    },
  }
}

export interface ServerAdamOptions {
  /** Default 1e-2. */
  readonly learningRate?: number
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.99. */
  readonly beta2?: number
  /** τ > 0, the degree of adaptivity. Default 1e-3. */
  readonly adaptivity?: number
}

/**
 * m ← β₁m + (1 − β₁)Δ, v ← β₂v + (1 − β₂)Δ², x ← x + η m / (√v + τ): FedAdam, without bias correction as in the paper.
 *
 * Reddi et al., "Adaptive Federated Optimization", 2021 (arXiv 2003.00295), Algorithm 2. v starts at τ².
 * State: `first`, `second`.
 */
export function serverAdam(options: ServerAdamOptions = {}): ServerOptimizer {
  const { learningRate = 1e-2, beta1 = 0.9, beta2 = 0.99, adaptivity = 1e-3 } = options
  checkNumber('serverAdam', 'learningRate', learningRate, (x) => x > 0, 'a number above 0')
  checkNumber('serverAdam', 'beta1', beta1, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  checkNumber('serverAdam', 'beta2', beta2, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  checkNumber('serverAdam', 'adaptivity', adaptivity, (x) => x > 0, 'a number above 0')
  return {
    name: 'adam',
    step(model, change, state) {
      const start = model.fromVectors([new Float64Array(model.dimension).fill(adaptivity ** 2)])
      const first = change.scale(1 - beta1).add(state.first ?? model.zeros(1), beta1)
      const second = change
        .multiply(change)
        .scale(1 - beta2)
        .add(state.second ?? start, beta2)
      const scaled = first.multiply(second.sqrt().reciprocal(adaptivity))
      return { model: model.add(scaled, learningRate), state: { first, second } }
    },
  }
}
