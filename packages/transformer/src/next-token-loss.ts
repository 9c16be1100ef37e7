import { softmaxCrossEntropy } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { TrainingBatch } from './model.js'

/**
 * Mean cross-entropy in nats of logits [B, T, V] and the batch's int32 targets [B, T]: the `loss` of `train`. A target of
 * −100 counts for nothing.
 */
export function nextTokenLoss(logits: Tensor, { targets }: Pick<TrainingBatch, 'targets'>): Tensor {
  return softmaxCrossEntropy(logits, targets)
}
