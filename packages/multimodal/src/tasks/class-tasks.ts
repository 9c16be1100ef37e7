import {
  cast,
  expandDimensions,
  multiply,
  softmaxCrossEntropy,
  softplus,
  squeeze,
  subtract,
} from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { entropyOf, logOdds, sigmoidOf, type Task } from './task.js'

function checkCount(where: string, name: string, value: number, minimum: number): void {
  if (!Number.isInteger(value) || value < minimum)
    throw invalid(where, `${name}: expected a whole number ≥ ${minimum}, got ${value}`)
}

/** One of `classes` classes, 0 … classes − 1: softmax cross-entropy from logits. */
export function multiClassTask({ classes }: { readonly classes: number }): Task {
  checkCount('multiClassTask', 'classes', classes, 2)
  return {
    kind: 'multi-class',
    outputs: classes,
    targetWidth: 1,
    labels: 1,
    loss: (outputs, target) =>
      expandDimensions(softmaxCrossEntropy(outputs, cast(squeeze(target, 1), 'int32'), { reduction: 'none' }), 1),
    estimate(outputs) {
      const logits = Array.from(outputs)
      const top = Math.max(...logits)
      const weights = logits.map((logit) => Math.exp(logit - top))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const values = weights.map((weight) => weight / total)
      // log(p / (1 − p)) from the weights: exact where p is all but 1
      const scores = weights.map((weight, at) => {
        const others = weights.reduce((sum, other, index) => (index === at ? sum : sum + other), 0)
        return others > 0 && weight > 0 ? Math.log(weight / others) : logOdds(values[at])
      })
      return { values, scores, uncertainty: entropyOf(values) }
    },
    checkTarget(target, where) {
      if (!Number.isInteger(target[0]) || target[0] < 0 || target[0] >= classes)
        throw invalid(where, `expected a class from 0 to ${classes - 1}, got ${target[0]}`)
    },
  }
}

/** Several yes-or-no labels of one sample, each known or not. */
export function multiLabelTask({ labels }: { readonly labels: number }): Task {
  checkCount('multiLabelTask', 'labels', labels, 1)
  return {
    kind: 'multi-label',
    outputs: labels,
    targetWidth: labels,
    labels,
    loss: (outputs, target) => subtract(softplus(outputs), multiply(outputs, target)),
    estimate(outputs) {
      const scores = Array.from(outputs)
      const values = scores.map(sigmoidOf)
      const entropies = values.map((p) => entropyOf([p, 1 - p]))
      return { values, scores, uncertainty: entropies.reduce((sum, value) => sum + value, 0) / labels }
    },
    checkTarget(target, where) {
      for (let label = 0; label < labels; label++) {
        if (target[label] !== 0 && target[label] !== 1)
          throw invalid(where, `expected 0 or 1 for label ${label}, got ${target[label]}`)
      }
    },
  }
}
