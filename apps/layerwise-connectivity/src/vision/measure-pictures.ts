import { stagedEvaluator, type MixEvaluator } from '@lemanic/fed-opt'
import { argMax, cast, mean, notEqual, reshape, slice, tile, type Tensor } from '@lemanic/tensor-core'
import type { Network } from '../networks/network.js'
import { stackedLoss, type TrainingOptions } from '../train-pair.js'

/** Pictures [count, height, width, 1] with their labels [count]. */
export interface LabelledTensors {
  readonly pictures: Tensor
  readonly labels: Tensor
}

const batch = 500

/** Measures `loss` (mean over pictures) and `error` (share of pictures) of mixes of a network, many at once. */
export function pictureEvaluator(
  network: Pick<Network, 'stages'>,
  { pictures, labels }: LabelledTensors,
  loss: TrainingOptions['loss'],
): MixEvaluator {
  const count = labels.size
  const starts = Array.from({ length: Math.ceil(count / batch) }, (_, i) => i * batch)
  const batches = starts.map((begin) => {
    const end = Math.min(count, begin + batch)
    return {
      input: slice(pictures, [[begin, end]]),
      target: slice(labels, [[begin, end]]),
      examples: end - begin,
    }
  })
  return stagedEvaluator({
    stages: network.stages,
    batches,
    measure: (logits, target) => lossAndError(logits, target, loss),
  })
}

/** Of logits [models, examples, classes] with the labels [examples] that all models share: one number a model. */
export function lossAndError(
  logits: Tensor,
  labels: Tensor,
  loss: TrainingOptions['loss'],
): { readonly loss: Tensor; readonly error: Tensor } {
  const [models, examples] = logits.shape as [number, number]
  const all = tile(labels, [models])
  const wrong = cast(notEqual(reshape(argMax(logits, -1), [models * examples]), all), 'float32')
  return { loss: stackedLoss(loss, logits, all), error: mean(reshape(wrong, [models, examples]), 1) }
}
