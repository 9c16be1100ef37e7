import { argumentError } from '../errors.js'
import { scope } from '../scope.js'
import type { Params } from '../params/params.js'
import { isTensor } from '../tensor.js'
import type { Context } from './context.js'
import type { LossFunction, Metrics } from './loss.js'
import type { Model } from './model.js'

/** What is measured, and when. */
export interface Evaluator {
  readonly name: string
  /**
   * Whether to measure after `completed` of `total` steps; also asked before the first step, with 0.
   * Default: only at the end.
   */
  readonly isDue?: (completed: number, total: number) => boolean
  /** Does not change or dispose the parameters. */
  evaluate(params: Params, context: Context): Metrics | Promise<Metrics>
}

/** Due after every `interval` steps and at the end. */
export function everySteps(interval: number): (completed: number, total: number) => boolean {
  if (!Number.isInteger(interval) || interval < 1)
    throw argumentError('everySteps', `expected a whole number ≥ 1, got ${interval}`)
  return (completed, total) => completed === total || (completed > 0 && completed % interval === 0)
}

export interface LossEvaluatorOptions<Batch, Output> {
  readonly model: Pick<Model<Batch, Output>, 'apply'>
  readonly loss: LossFunction<Batch, Output>
  /** The batches to average over; tensors made inside (one batch after another by a generator) are given back. */
  readonly batches: () => Iterable<Batch>
  /** Default `evaluation`. */
  readonly name?: string
  readonly isDue?: Evaluator['isDue']
}

/** Mean loss over batches, as the metric `loss`, each batch weighing the same: the default evaluator. */
export function lossEvaluator<Batch, Output>(options: LossEvaluatorOptions<Batch, Output>): Evaluator {
  const { model, loss, batches, name = 'evaluation', isDue } = options
  return {
    name,
    ...(isDue === undefined ? {} : { isDue }),
    evaluate: (params, context) =>
      scope(() => {
        let sum = 0
        let count = 0
        const iterator = batches()[Symbol.iterator]()
        const evaluateNext = (): boolean => {
          const item = iterator.next()
          if (item.done === true) return false
          const result = loss(model.apply(params, item.value, context), item.value, context, params)
          sum += (isTensor(result) ? result : result.loss).item()
          count += 1
          return true
        }
        while (scope(evaluateNext));
        if (count === 0) throw argumentError('lossEvaluator', `"${name}" got no batches`)
        return { loss: sum / count }
      }),
  }
}
