import { barrier, modelPair, recomputeStatistics, singleEvaluator } from '@lemanic/fed-opt'
import { cloneParams, keep, reshape, scope, slice, type Params, type Tensor } from '@lemanic/tensor-core'
import { stackedLogits } from '../networks/network.js'
import { barrierOf } from '../summarize.js'
import { lossAndError } from './measure-pictures.js'
import type { VisionPair } from './vision-pair.js'

/** Pictures that statistics are measured on, at most. */
const statisticsPictures = 1000

const asStack = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, reshape(value, [1, ...value.shape])]))

/** Both models with the statistics of their norm layers measured on training pictures; copies where there are none. */
export function withStatistics(pair: VisionPair, models: readonly Params[]): readonly [Params, Params] {
  return keep(scope(() => [0, 1].map((i) => statisticsOf(pair, models[i]!, i)) as unknown as readonly [Params, Params]))
}

function statisticsOf({ norm, train, sizes }: VisionPair, params: Params, model: number): Params {
  if (norm === undefined) return cloneParams(params)
  const count = Math.min(sizes.images, statisticsPictures)
  const begin = model * sizes.images
  const batch = slice(train.pictures, [[begin, begin + count]])
  return recomputeStatistics({
    params,
    batches: [batch],
    forward(own, pictures: Tensor, collect) {
      const stages = norm.batchStages(collect)
      stackedLogits({ ...norm, stages }, asStack(own), reshape(pictures, [1, ...pictures.shape]))
    },
  })
}

/** The barrier of the whole model when the statistics of each mix are measured anew instead of mixed. */
export function normMetrics(pair: VisionPair, models: readonly [Params, Params]): Record<string, number> {
  const evaluator = singleEvaluator({
    prepare: (params) => statisticsOf(pair, params, 0),
    measure(params) {
      const { pictures, labels } = pair.test
      const logits = stackedLogits(pair.network, asStack(params), reshape(pictures, [1, ...pictures.shape]))
      const { loss, error } = lossAndError(logits, labels, pair.training.loss)
      return { loss: loss.dataSync()[0] as number, error: error.dataSync()[0] as number }
    },
  })
  const full = barrier(evaluator, modelPair(models[0], models[1]), { bases: ['a'] })
  return { 'full recomputed': barrierOf(full, 'error') }
}
