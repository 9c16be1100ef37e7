import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape, shapesEqual } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { logSumExp } from './activation.js'
import { divide, maximum, multiply, subtract } from './binary.js'
import { equal, notEqual, where } from './comparison.js'
import { expectDType, expectRank } from './define.js'
import { type Fused, pullThrough } from './fused.js'
import { takeAlongAxis } from './indexing.js'
import { mean, sum } from './reduction.js'
import { reshape, squeeze } from './shaping.js'
import { cast } from './unary.js'

const crossEntropyOperation: Fused<'softmaxCrossEntropy'> = {
  name: 'softmaxCrossEntropy',
  infer([logits, targets]) {
    expectDType('softmaxCrossEntropy', logits!, 'float32')
    expectDType('softmaxCrossEntropy', targets!, 'int32')
    expectRank('softmaxCrossEntropy', 'the logits', logits!, 2)
    if (targets!.shape.length !== 1 || targets!.shape[0] !== logits!.shape[0]) {
      throw shapeError(
        'softmaxCrossEntropy',
        `targets must have shape [${logits!.shape[0]}] for logits ${formatShape(logits!.shape)}, got ${formatShape(targets!.shape)}`,
      )
    }
    const rows = { shape: targets!.shape, dtype: 'float32' } as const
    return [rows, rows]
  },
  compose([logits, targets], { ignoreIndex }) {
    const ignored = equal(targets!, ignoreIndex)
    const safe = where(ignored, 0, targets!)
    const total = logSumExp(logits!)
    const chosen = squeeze(takeAlongAxis(logits!, reshape(safe, [safe.size, 1]), 1), 1)
    return [where(ignored, 0, subtract(total, chosen)), total]
  },
  gradient: ({ gradients, inputs, outputs, attributes }) => [
    run(crossEntropyGradientOperation, [gradients[0]!, inputs[0]!, inputs[1]!, outputs[1]!], attributes)[0],
    undefined,
  ],
}
const crossEntropyGradientOperation: Fused<'softmaxCrossEntropyGradient'> = {
  name: 'softmaxCrossEntropyGradient',
  infer: ([, logits]) => [logits!],
  compose: ([g, logits, targets], attributes) =>
    pullThrough((inputs) => crossEntropyOperation.compose(inputs, attributes), [logits!, targets!], [g!], [0]),
}

export interface CrossEntropyOptions {
  /** Targets with this value count for nothing. Default −100. */
  readonly ignoreIndex?: number
  /** Mean over the targets that count, their sum, or one loss a target. Default `mean`. */
  readonly reduction?: 'mean' | 'sum' | 'none'
}

/**
 * Cross-entropy in nats between softmax(logits) and int32 class targets, from logits [..., V] and targets [...].
 * With reduction `none` the result has the shape of the targets. The mean over no counted target is 0.
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  { ignoreIndex = -100, reduction = 'mean' }: CrossEntropyOptions = {},
): Tensor {
  const classes = logits.shape[logits.rank - 1]
  if (classes === undefined || logits.size / classes !== targets.size) {
    throw shapeError(
      'softmaxCrossEntropy',
      `logits ${formatShape(logits.shape)} and targets ${formatShape(targets.shape)} do not fit: expected [..., classes] and [...]`,
    )
  }
  const rows = run(
    crossEntropyOperation,
    [reshape(logits, [targets.size, classes]), reshape(targets, [targets.size])],
    { ignoreIndex },
  )[0]!
  if (reduction === 'none') return reshape(rows, targets.shape)
  if (reduction === 'sum') return sum(rows)
  return divide(sum(rows), maximum(sum(cast(notEqual(targets, ignoreIndex), 'float32')), 1))
}

/** Mean of (prediction − target)² over all elements; both have the same shape. float32. */
export function meanSquaredError(prediction: Tensor, target: Tensor): Tensor {
  if (!shapesEqual(prediction.shape, target.shape)) {
    throw shapeError(
      'meanSquaredError',
      `prediction ${formatShape(prediction.shape)} and target ${formatShape(target.shape)} differ; reshape or broadcastTo one of them`,
    )
  }
  const difference = subtract(prediction, target)
  return mean(multiply(difference, difference))
}
