import type { VectorProblem, VectorProblemName } from '../vector-problem.js'

/** A loss of the margin z = y ⟨a, x⟩. */
interface MarginLoss {
  /** dℓ/dz. */
  readonly derivative: (margin: number) => number
  /** Largest |d²ℓ/dz²|. */
  readonly curvature: number
}

/** ℓ(z) = 1 / (1 + eᶻ): bounded, so not convex. |ℓ″| ≤ 1 / (6 √3). */
export const sigmoidLoss: MarginLoss = {
  derivative(margin) {
    const loss = 1 / (1 + Math.exp(margin))
    return -loss * (1 - loss)
  },
  curvature: 1 / (6 * Math.sqrt(3)),
}

/** ℓ(z) = ln(1 + e⁻ᶻ). |ℓ″| ≤ ¼. */
export const logisticLoss: MarginLoss = { derivative: (margin) => -1 / (1 + Math.exp(margin)), curvature: 1 / 4 }

/**
 * f_i(x) = ℓ(y_i ⟨a_i, x⟩) + ½ λ ‖x‖², x₀ = 0, with features [n, d] and labels ±1 of each instance.
 *
 * L ≤ (largest |ℓ″|) · λ_max(Aᵀ A / n) + λ, the eigenvalue by power iteration.
 */
export function linearClassifier(options: {
  readonly name: VectorProblemName
  readonly loss: MarginLoss
  readonly regularization: number
  readonly data: readonly { readonly features: Float64Array; readonly labels: Float64Array }[]
}): VectorProblem {
  const { name, loss, regularization, data } = options
  const { derivative } = loss
  const size = data[0]!.labels.length
  const dimension = data[0]!.features.length / size
  const count = size * dimension
  const features = new Float64Array(data.length * count) // [instances, n, d]
  const labels = new Float64Array(data.length * size)
  data.forEach((instance, at) => {
    features.set(instance.features, at * count)
    labels.set(instance.labels, at * size)
  })
  const sum = new Float64Array(dimension)
  return {
    name,
    size,
    dimension,
    instances: data.length,
    smoothness: Math.max(
      ...data.map((instance) => loss.curvature * largestEigenvalue(instance.features, size) + regularization),
    ),
    labels: (instance) => labels.subarray(instance * size, (instance + 1) * size),
    start: () => new Float64Array(dimension),
    gradients(units, instances, x, out) {
      for (let lane = 0; lane < units.length; lane++) {
        const base = lane * dimension
        const row = instances[lane]! * count + units[lane]! * dimension
        const label = labels[instances[lane]! * size + units[lane]!]!
        let product = 0
        for (let k = 0; k < dimension; k++) product += features[row + k]! * x[base + k]!
        const scale = label * derivative(label * product)
        for (let k = 0; k < dimension; k++) out[base + k] = scale * features[row + k]! + regularization * x[base + k]!
      }
    },
    squaredNorm(instance, x, offset) {
      sum.fill(0)
      for (let unit = 0, row = instance * count; unit < size; unit++, row += dimension) {
        const label = labels[instance * size + unit]!
        let product = 0
        for (let k = 0; k < dimension; k++) product += features[row + k]! * x[offset + k]!
        const scale = (label * derivative(label * product)) / size
        for (let k = 0; k < dimension; k++) sum[k]! += scale * features[row + k]!
      }
      let square = 0
      for (let k = 0; k < dimension; k++) square += (sum[k]! + regularization * x[offset + k]!) ** 2
      return square
    },
  }
}

/** λ_max(Aᵀ A / n) by 200 rounds of power iteration. */
function largestEigenvalue(features: Float64Array, size: number): number {
  const dimension = features.length / size
  let direction = new Float64Array(dimension).fill(1 / Math.sqrt(dimension))
  let value = 0
  for (let round = 0; round < 200; round++) {
    const next = new Float64Array(dimension)
    for (let row = 0; row < features.length; row += dimension) {
      let product = 0
      for (let k = 0; k < dimension; k++) product += features[row + k]! * direction[k]!
      for (let k = 0; k < dimension; k++) next[k]! += (product * features[row + k]!) / size
    }
    value = Math.sqrt(next.reduce((sum, entry) => sum + entry * entry, 0))
    direction = next.map((entry) => entry / value)
  }
  return value
}
