// The loss of MultiModN, for every fusion model: errors of all rows and tasks, and what modalities change of the state.
//
//     L = errorWeight · E + 0.01 · stateChangeWeight · R
//     E = 1/D Σⱼ wⱼ · 1/Nⱼ Σᵢ [ Σ_b mᵢb kⱼb uⱼb ℓⱼ(ŷᵢⱼb, yⱼb) / max(1, Σ_b mᵢb kⱼb) ]
//     R = 1/M Σᵢ mean_b mᵢb · mean((cᵢb − sᵢb)²)
//
// i row (0 before any modality … M after the last), j task of D, b sample; m `active`: the sample has the modality of the
// row; k `known`: it has the task's label; u `weights`; c − s what the encoder wants to change of the state.
// Denominator Nⱼ: `rows`, the rows of the batch that have a sample with a label (at least 1), so that a batch with
// much missing weighs as much as any; or `reference`, always M + 1, so that such batches weigh less, as in the reference code.
//
// Deviations from the reference code: labels may be unknown, samples and tasks may have weights, and a row without samples
// counts for nothing instead of 0/0.

import {
  add,
  type Context,
  divide,
  greater,
  type LossFunction,
  cast,
  maximum,
  mean,
  multiply,
  type Params,
  sum,
  type Tensor,
} from '@lemanic/tensor-core'
import { checkKnown, invalid } from '../names.js'
import type { FusionBatch, FusionModel, FusionOutput } from './fusion-model.js'

export interface FusionLossOptions {
  /** Default 1. */
  readonly errorWeight?: number
  /** Multiplied by 0.01, as in the reference code. Default 0. */
  readonly stateChangeWeight?: number
  /** Nⱼ above. Default `rows`. */
  readonly denominator?: 'rows' | 'reference'
  /** wⱼ above. Default 1 each. */
  readonly taskWeights?: Readonly<Record<string, number>>
}

/** The loss of a model's output for a batch; see the head of this file. */
export function fusionLoss(
  model: FusionModel,
  options: FusionLossOptions = {},
): LossFunction<FusionBatch, FusionOutput> & ((output: FusionOutput, batch: FusionBatch) => Tensor) {
  const { errorWeight = 1, stateChangeWeight = 0, denominator = 'rows', taskWeights = {} } = options
  const names = Object.keys(model.tasks)
  for (const [name, weight] of Object.entries(taskWeights)) {
    checkKnown('fusionLoss', 'task', name, names)
    if (!(weight >= 0 && weight < Infinity))
      throw invalid('fusionLoss', `taskWeights: expected numbers ≥ 0, got ${weight} for "${name}"`)
  }
  const modalities = model.kind === 'sequential' ? model.modalities.length : 0
  return ({ rows }: FusionOutput, batch: FusionBatch, _context?: Context, _params?: Params): Tensor => {
    const errors = names.map((name) => {
      const task = model.tasks[name]
      const weights = batch.weights?.[name]
      let total: Tensor | undefined
      let used: Tensor | undefined
      for (const { active, outputs } of rows) {
        const counted = multiply(active, batch.known[name]) // [B, labels]
        const losses = multiply(task.loss(outputs[name], batch.targets[name]), counted)
        const weighted = weights === undefined ? losses : multiply(losses, weights)
        const count = sum(counted)
        const row = divide(sum(weighted), maximum(count, 1))
        total = total === undefined ? row : add(total, row)
        if (denominator === 'rows') {
          const isUsed = cast(greater(count, 0), 'float32')
          used = used === undefined ? isUsed : add(used, isUsed)
        }
      }
      const scale = (taskWeights[name] ?? 1) / names.length
      return multiply(divide(total!, used === undefined ? modalities + 1 : maximum(used, 1)), scale)
    })
    const error = multiply(
      errors.reduce((a, b) => add(a, b)),
      errorWeight,
    )
    const changes = rows.flatMap(({ change, active }) => (change === undefined ? [] : [mean(multiply(change, active))]))
    if (stateChangeWeight === 0 || changes.length === 0) return error
    const change = changes.reduce((a, b) => add(a, b))
    return add(error, multiply(change, (0.01 * stateChangeWeight) / changes.length))
  }
}
