import { scope, type Params } from '@lemanic/tensor-core'
import { evaluateDistinct, type Measures, type MixEvaluator } from './evaluator.js'
import { applyMix } from './interpolate.js'

export interface SingleEvaluatorOptions {
  /** Measures one model; runs inside a `scope`. A compiled step in it is replayed for every mix. */
  readonly measure: (params: Params) => Measures
  /**
   * Called with the parameters of each mix before they are measured: `recomputeStatistics` goes here. Default: nothing
   * changes.
   */
  readonly prepare?: (params: Params) => Params
}

/** Measures mixes one after another, for models that know nothing of stacks. */
export function singleEvaluator({ measure, prepare = (params) => params }: SingleEvaluatorOptions): MixEvaluator {
  return {
    evaluate: (pair, mixes) =>
      evaluateDistinct(pair, mixes, (distinct) =>
        distinct.map((mix) => scope(() => measure(prepare(applyMix(pair, mix))))),
      ),
  }
}
