import {
  adamw,
  cloneParams,
  dispose,
  disposeParams,
  type Evaluator,
  everySteps,
  type Optimizer,
  type Params,
  type RandomKey,
  scope,
  train,
} from '@lemanic/tensor-core'
import { batchOf, type SampleWeights } from '../data/batch.js'
import { checkTwoClasses } from '../data/folds.js'
import { checkData, type MultimodalData } from '../data/multimodal-data.js'
import { fusionLoss, type FusionLossOptions } from '../fusion/fusion-loss.js'
import { checkFits, type FusionModel } from '../fusion/fusion-model.js'
import { invalid } from '../names.js'
import { fusionSampler } from './fusion-sampler.js'

/** How far training is. */
export interface FitEpoch {
  /** Epochs that are done, from 1. */
  readonly epoch: number
  /** Mean training loss of the epoch. */
  readonly loss: number
  /** Loss of the validation rows after it; NaN without any. */
  readonly validationLoss: number
}

export interface FitFusionOptions {
  readonly model: FusionModel
  /** Training rows. */
  readonly data: MultimodalData
  readonly key: RandomKey
  /** Rows to choose the best epoch by: the loss after the last row of the grid. Default: the last epoch is kept. */
  readonly validation?: MultimodalData
  /** Default 50. */
  readonly epochs?: number
  /** Default 32, or all rows where there are fewer. */
  readonly batchSize?: number
  /** Default AdamW with rate 2e-3 and weight decay 0.01. */
  readonly optimizer?: Optimizer
  readonly loss?: FusionLossOptions
  /** Weights of the training rows for each task; see `propensityWeights`. */
  readonly weights?: SampleWeights
  /** False: rows in their order, as the reference code's loaders. Default true. */
  readonly shuffle?: boolean
  /** Initial parameters; stay the caller's. Default: fresh ones from the key. */
  readonly params?: Params
  /** Called after each epoch; may wait for something. */
  readonly onEpoch?: (epoch: FitEpoch) => void | Promise<void>
  readonly signal?: AbortSignal
}

export interface FittedFusion {
  /** Those of the best epoch; the caller disposes them. */
  readonly params: Params
  readonly history: readonly FitEpoch[]
  /** The epoch that `params` are of, from 1. */
  readonly bestEpoch: number
}

/**
 * Trains any fusion model on rows of modalities.
 *
 * Throws before it starts: `non-finite-input` (row and column), `modality-absent`, `single-class` for a binary or
 * multi-class task with one class among the training rows, `unknown-modality` and `invalid-shape` for data that do not fit
 * the model; while running `loss-not-finite`.
 */
export async function fitFusion(options: FitFusionOptions): Promise<FittedFusion> {
  const { model, data, key, validation, epochs = 50, batchSize = Math.min(32, options.data.rows), signal } = options
  const { optimizer = adamw({ learningRate: 2e-3 }), weights, shuffle, onEpoch } = options
  const where = 'fitFusion'
  if (!Number.isInteger(epochs) || epochs < 1)
    throw invalid(where, `epochs: expected a whole number ≥ 1, got ${epochs}`)
  checkData(data, where)
  checkFits(model, data, where, true)
  for (const [task, { kind }] of Object.entries(model.tasks)) {
    if (kind === 'binary' || kind === 'multi-class')
      checkTwoClasses(data, task, range(data.rows), `${where}: training rows`)
  }
  if (validation !== undefined) checkFits(model, validation, `${where}: validation`, true)
  const loss = fusionLoss(model, options.loss)
  const sampler = fusionSampler({
    model,
    data,
    batchSize,
    key: key.foldIn('batches'),
    ...(weights === undefined ? {} : { weights }),
    ...(shuffle === undefined ? {} : { shuffle }),
  })
  const { stepsPerEpoch } = sampler
  let best: { params: Params; loss: number; epoch: number } | undefined
  let newest = NaN
  const validator: Evaluator = {
    name: 'validation',
    isDue: everySteps(stepsPerEpoch),
    evaluate: (params, { step }) => {
      newest = validation === undefined ? NaN : lastRowLoss(model, params, validation)
      if (step > 0 && validation !== undefined && !(newest >= (best?.loss ?? Infinity))) {
        if (best !== undefined) disposeParams(best.params)
        best = { params: cloneParams(params), loss: newest, epoch: Math.round(step / stepsPerEpoch) }
      }
      return Promise.resolve({ loss: newest })
    },
  }
  const history: FitEpoch[] = []
  let total = 0
  let final: Params | undefined
  const events = train({
    model,
    loss,
    sampler,
    optimizer,
    steps: epochs * stepsPerEpoch,
    key: key.foldIn('training'),
    evaluators: [validator],
    ...(options.params === undefined ? {} : { params: options.params }),
    ...(signal === undefined ? {} : { signal }),
  })
  try {
    for await (const event of events) {
      if (event.type === 'step-end') total += event.loss
      if (event.type === 'evaluation-end' && event.step > 0) {
        const epoch = { epoch: history.length + 1, loss: total / stepsPerEpoch, validationLoss: newest }
        history.push(epoch)
        total = 0
        await onEpoch?.(epoch)
      }
      if (event.type === 'train-end') final = event.params
    }
  } catch (error) {
    if (best !== undefined) disposeParams(best.params)
    throw error
  }
  if (best === undefined) return { params: final!, history, bestEpoch: history.length }
  dispose(final)
  return { params: best.params, history, bestEpoch: best.epoch }
}

/** Loss of all tasks after the last row, without weights: what a user of all the data that there are sees. */
function lastRowLoss(model: FusionModel, params: Params, data: MultimodalData): number {
  return scope(() => {
    const batch = batchOf(model, data, range(data.rows))
    const { rows } = model.apply(params, batch)
    const { active: _active, ...last } = rows[rows.length - 1]
    const whole = { ...last, active: rows[0].active }
    return fusionLoss({ ...model, kind: 'parallel' })({ rows: [whole] }, batch).item()
  })
}

function range(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row)
}
