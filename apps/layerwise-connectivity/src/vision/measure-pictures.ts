import { stagedEvaluator, type EvaluationBatch, type MixEvaluator } from '@lemanic/fed-opt'
import { argMax, cast, mean, notEqual, reshape, slice, tile, type Tensor } from '@lemanic/tensor-core'
import type { Network } from '../networks/network.js'
import { stackedLoss, type TrainingOptions } from '../train-pair.js'

/** Pictures [count, height, width, 1] with their labels [count]. */
export interface LabelledTensors {
  readonly pictures: Tensor
  readonly labels: Tensor
}

/** Pictures that are measured together. */
const batch = 500

export type PictureBatch = EvaluationBatch<Tensor>

/** Cuts pictures into batches that fit the cache; the caller owns them. */
export function pictureBatches({ pictures, labels }: LabelledTensors): PictureBatch[] {
  const count = labels.size
  return Array.from({ length: Math.ceil(count / batch) }, (_, i) => {
    const [begin, end] = [i * batch, Math.min(count, (i + 1) * batch)]
    return {
      input: slice(pictures, [[begin, end]]),
      target: slice(labels, [[begin, end]]),
      examples: end - begin,
    }
  })
}

/** Measures `loss` (mean over pictures) and `error` (share of pictures) of mixes of a network, many at once. */
export function pictureEvaluator(
  { stages }: Pick<Network, 'stages'>,
  batches: readonly PictureBatch[],
  loss: TrainingOptions['loss'],
): MixEvaluator {
  return stagedEvaluator({ stages, batches, measure: (logits, target) => lossAndError(logits, target, loss) })
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
