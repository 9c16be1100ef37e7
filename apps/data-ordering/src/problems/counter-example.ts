import type { VectorProblem } from '../vector-problem.js'

/**
 * The counter-example: f_i(x) = ½ x² + a_i x with a = +1 in the first half and −1 in the second, x₀ = x* = 0.
 *
 * L = σ = 1, and the sorted order drives x as far as any order can. What SGD does on it is known in closed form
 * (`theory.ts`). Its instances differ by their orders alone.
 */
export function counterExample(options: { readonly size: number; readonly instances: number }): VectorProblem {
  const { size, instances } = options
  return {
    name: 'counter',
    size,
    dimension: 1,
    instances,
    smoothness: 1,
    start: () => new Float64Array(1),
    gradients(units, _, x, out) {
      for (let lane = 0; lane < units.length; lane++) out[lane] = x[lane]! + (2 * units[lane]! < size ? 1 : -1)
    },
    squaredNorm: (_, x, offset) => x[offset]! * x[offset]!,
  }
}
