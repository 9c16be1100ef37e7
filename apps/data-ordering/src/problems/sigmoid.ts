import { fillRandomNormal, RandomStream, type RandomKey } from '@lemanic/tensor-core'
import type { VectorProblem } from '../vector-problem.js'
import { linearClassifier, sigmoidLoss } from './linear-classifier.js'

/** Part of the labels that are turned around. */
const noise = 0.1

/** A non-convex problem: sigmoid loss of a linear classifier on normal features with noisy labels, λ = 0.01. */
export function sigmoidProblem(options: {
  readonly size: number
  readonly dimension: number
  readonly keys: readonly RandomKey[]
}): VectorProblem {
  const { size, dimension, keys } = options
  const data = keys.map((key) => {
    const features = Float64Array.from(fillRandomNormal(key.foldIn('features'), new Float32Array(size * dimension)))
    const truth = fillRandomNormal(key.foldIn('truth'), new Float32Array(dimension))
    const stream = new RandomStream(key.foldIn('noise'))
    const labels = Float64Array.from({ length: size }, (_, unit) => {
      let product = 0
      for (let k = 0; k < dimension; k++) product += features[unit * dimension + k]! * truth[k]!
      return (product >= 0 ? 1 : -1) * (stream.nextUniform() < noise ? -1 : 1)
    })
    return { features, labels }
  })
  return linearClassifier({ name: 'sigmoid', loss: sigmoidLoss, regularization: 0.01, data })
}
