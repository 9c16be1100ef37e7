import {
  cast,
  expandDimensions,
  multiply,
  sigmoid,
  softmaxCrossEntropy,
  softplus,
  squeeze,
  subtract,
} from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { entropyOf, logOdds, sigmoidOf, type Task } from './task.js'

export interface BinaryTaskOptions {
  /**
   * `logit`: one output, its cross-entropy from the logit. `sigmoid-cross-entropy`: the reference code's defect, kept for
   * comparison: two outputs go through a sigmoid, and the activations, taken for logits, into a softmax cross-entropy,
   * which cannot fall below log(1 + 1/e) = 0.3133 and has damped gradients; probabilities are the activations divided by
   * their sum. Default `logit`.
   */
  readonly head?: 'logit' | 'sigmoid-cross-entropy'
}

/** Two classes, 0 and 1. */
export function binaryTask({ head = 'logit' }: BinaryTaskOptions = {}): Task {
  const isReference = head === 'sigmoid-cross-entropy'
  return {
    kind: 'binary',
    outputs: isReference ? 2 : 1,
    targetWidth: 1,
    labels: 1,
    loss(outputs, target) {
      if (!isReference) return subtract(softplus(outputs), multiply(outputs, target)) // −log σ((2y − 1) z)
      const classes = cast(squeeze(target, 1), 'int32')
      return expandDimensions(softmaxCrossEntropy(sigmoid(outputs), classes, { reduction: 'none' }), 1)
    },
    estimate(outputs) {
      const p = isReference
        ? sigmoidOf(outputs[1]) / (sigmoidOf(outputs[0]) + sigmoidOf(outputs[1]))
        : sigmoidOf(outputs[0])
      return { values: [p], scores: [isReference ? logOdds(p) : outputs[0]], uncertainty: entropyOf([p, 1 - p]) }
    },
    checkTarget(target, where) {
      if (target[0] !== 0 && target[0] !== 1) throw invalid(where, `expected class 0 or 1, got ${target[0]}`)
    },
  }
}
