import type { RandomKey } from '@lemanic/tensor-core'

/**
 * Several instances (problem seeds) of min f(x) = (1/n) Σ f_i(x), x ∈ ℝᵈ, in plain float64 arrays.
 *
 * A lane is one run of SGD: an instance, a step size, an order. All lanes take their step in one call, so that the loops
 * run over long arrays: rows of `x` and `out` are lanes, [lanes, d] in row-major order.
 */
export interface VectorProblem {
  readonly name: VectorProblemName
  /** n. */
  readonly size: number
  /** d. */
  readonly dimension: number
  readonly instances: number
  /** L of f, the largest over the instances. */
  readonly smoothness: number
  /** x₀ of an instance, [d]; the same for every order and step size. */
  start(instance: number): Float64Array
  /** ∇f_i(x) lane by lane: `units` and `instances` hold i and the instance of each lane. */
  gradients(units: Int32Array, instances: Int32Array, x: Float64Array, out: Float64Array): void
  /** ‖∇f(x)‖² of a lane whose point begins at `offset` of `x`. */
  squaredNorm(instance: number, x: Float64Array, offset: number): number
  /** What incremental gradient sorts an instance by: its labels, or nothing where gradients at x₀ are sorted. */
  readonly labels?: (instance: number) => ArrayLike<number>
}

export const vectorProblemNames = ['quadratic', 'counter', 'sigmoid', 'logistic'] as const
export type VectorProblemName = (typeof vectorProblemNames)[number]

/** One key for each instance of a run: instance j of seed s is problem seed s · count + j, whatever the order. */
export function instanceKeys(key: RandomKey, seed: number, count: number): RandomKey[] {
  return Array.from({ length: count }, (_, instance) => key.foldIn(seed * count + instance))
}

/** The gradients of all components of an instance at one point, [n, d]. */
export function gradientTable(problem: VectorProblem, instance: number, x: Float64Array, offset = 0): Float64Array {
  const { size, dimension } = problem
  const table = new Float64Array(size * dimension)
  const point = x.subarray(offset, offset + dimension)
  const [unit, which, row] = [new Int32Array(1), Int32Array.of(instance), new Float64Array(dimension)]
  for (let i = 0; i < size; i++) {
    unit[0] = i
    problem.gradients(unit, which, point, row)
    table.set(row, i * dimension)
  }
  return table
}

/** Squared length of the mean of the rows of a table. */
export function squaredMean(table: Float64Array, size: number, dimension: number): number {
  let square = 0
  for (let k = 0; k < dimension; k++) {
    let sum = 0
    for (let i = 0; i < size; i++) sum += table[i * dimension + k]!
    square += (sum / size) ** 2
  }
  return square
}
