import { fillRandomNormal, RandomStream, type RandomKey } from '@lemanic/tensor-core'
import type { VectorProblem } from '../vector-problem.js'

/** Every coordinate of x₀: far enough that the way down, not the noise, fills the first steps. */
const start = 10

/**
 * The paper's synthetic quadratic (Figure 1a): f_i(x) = ½ xᵀ D_i x + b_iᵀ x with D_i diagonal, entries uniform in
 * [½, 1], and b_i standard normal; x₀ = (10, …, 10).
 */
export function quadraticProblem(options: {
  readonly size: number
  readonly dimension: number
  readonly keys: readonly RandomKey[]
}): VectorProblem {
  const { size, dimension, keys } = options
  const count = size * dimension
  const curvature = new Float64Array(keys.length * count) // [instances, n, d]
  const slope = new Float64Array(keys.length * count)
  const meanCurvature = new Float64Array(keys.length * dimension)
  const meanSlope = new Float64Array(keys.length * dimension)
  keys.forEach((key, instance) => {
    const stream = new RandomStream(key.foldIn('curvature'))
    const normal = fillRandomNormal(key.foldIn('slope'), new Float32Array(count))
    for (let at = 0; at < count; at++) {
      curvature[instance * count + at] = 0.5 + 0.5 * stream.nextUniform()
      slope[instance * count + at] = normal[at]!
      const k = instance * dimension + (at % dimension)
      meanCurvature[k]! += curvature[instance * count + at]! / size
      meanSlope[k]! += normal[at]! / size
    }
  })
  return {
    name: 'quadratic',
    size,
    dimension,
    instances: keys.length,
    smoothness: meanCurvature.reduce((most, value) => Math.max(most, value), 0),
    start: () => new Float64Array(dimension).fill(start),
    gradients(units, instances, x, out) {
      for (let lane = 0, at = 0; lane < units.length; lane++) {
        let from = instances[lane]! * count + units[lane]! * dimension
        for (let k = 0; k < dimension; k++, at++, from++) out[at] = curvature[from]! * x[at]! + slope[from]!
      }
    },
    squaredNorm(instance, x, offset) {
      let square = 0
      for (let k = 0, from = instance * dimension; k < dimension; k++, from++) {
        const entry = meanCurvature[from]! * x[offset + k]! + meanSlope[from]!
        square += entry * entry
      }
      return square
    },
  }
}
