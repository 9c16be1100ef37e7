import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import type { Digits } from '@lemanic/datasets'
import type { VectorProblem } from '../vector-problem.js'
import { linearClassifier, logisticLoss } from './linear-classifier.js'

/** Side of the squares whose grey values are averaged: 28 × 28 pixels become 7 × 7. */
const pool = 4

/**
 * Logistic regression on MNIST: is the digit even? Each instance is its own random sample of training pictures; features
 * are 7 × 7 mean grey values and a constant, scaled to length 1; λ = 0.01.
 */
export function logisticProblem(options: {
  readonly size: number
  readonly digits: Digits
  readonly keys: readonly RandomKey[]
}): VectorProblem {
  const { size, digits, keys } = options
  const { count, height, width, pixels, labels } = digits.train
  const [rows, columns] = [Math.floor(height / pool), Math.floor(width / pool)]
  const dimension = rows * columns + 1
  const data = keys.map((key) => {
    const chosen = randomPermutation(key.foldIn('sample'), count).subarray(0, size)
    const features = new Float64Array(size * dimension)
    chosen.forEach((picture, unit) => {
      const row = features.subarray(unit * dimension, (unit + 1) * dimension)
      for (let y = 0; y < rows * pool; y++) {
        for (let x = 0; x < columns * pool; x++) {
          const cell = Math.floor(y / pool) * columns + Math.floor(x / pool)
          row[cell]! += pixels[(picture * height + y) * width + x]! / 255 / pool ** 2
        }
      }
      row[dimension - 1] = 1
      const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0))
      for (let k = 0; k < dimension; k++) row[k]! /= length
    })
    return { features, labels: Float64Array.from(chosen, (picture) => (labels[picture]! % 2 === 0 ? 1 : -1)) }
  })
  return linearClassifier({ name: 'logistic', loss: logisticLoss, regularization: 0.01, data })
}
