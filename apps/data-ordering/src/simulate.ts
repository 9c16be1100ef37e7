import type { DataOrder } from '@lemanic/curriculum'
import { correlationTime } from './theory.js'
import { gradientTable, type VectorProblem, type VectorProblemName } from './vector-problem.js'

/** What SGD with one order at one step size on one instance came to. All errors are means of ‖∇f(x_t)‖². */
export interface LaneResult {
  readonly instance: number
  readonly stepSize: number
  /** Over the iterates of the second half. */
  readonly iterates: number
  /** Over the epoch ends of the second half. */
  readonly ends: number
  /** Over all iterates from the start: the paper's measure (1/T) Σ ‖∇f(x_t)‖². */
  readonly whole: number
  /** Over the first ⌈2 / (L γ)⌉ iterates, on the way down. */
  readonly early: number
  /** σ²_τ along the second half, at the iterate where it began; τ = ⌈1 / (L γ)⌉. */
  readonly periodVariance: number
}

/** Every this many steps an iterate is measured; coprime to the sizes, so that all phases of an epoch are seen. */
const strides: Readonly<Record<VectorProblemName, number>> = { quadratic: 7, counter: 37, sigmoid: 101, logistic: 101 }

/**
 * SGD, x ← x − γ ∇f_i(x), on all instances and step sizes at once; `orderOf` gives a fresh order for an instance.
 *
 * Orders that do not learn are shared by the step sizes of an instance: common random numbers. Every lane takes the same
 * number of gradients, `epochs` · n. An error that is not finite counts as 1e300.
 */
export function* simulate(options: {
  readonly problem: VectorProblem
  readonly stepSizes: readonly number[]
  readonly epochs: number
  readonly orderOf: (instance: number) => DataOrder
}): Generator<number, LaneResult[]> {
  const { problem, stepSizes, epochs, orderOf } = options
  const { size, dimension, smoothness } = problem
  const perInstance = stepSizes.length
  const lanes = problem.instances * perInstance
  const instances = Int32Array.from({ length: lanes }, (_, lane) => Math.floor(lane / perInstance))
  const gamma = Float64Array.from({ length: lanes }, (_, lane) => stepSizes[lane % perInstance]!)
  const learns = orderOf(0).learns
  const shared = Array.from({ length: learns ? 0 : problem.instances }, (_, instance) => orderOf(instance))
  const orders = Array.from({ length: lanes }, (_, lane) => shared[instances[lane]!] ?? orderOf(instances[lane]!))

  const x = new Float64Array(lanes * dimension)
  for (let lane = 0; lane < lanes; lane++) x.set(problem.start(instances[lane]!), lane * dimension)
  const gradient = new Float64Array(lanes * dimension)
  const rows = Array.from({ length: lanes }, (_, lane) => gradient.subarray(lane * dimension, (lane + 1) * dimension))
  const units = new Int32Array(lanes)
  const half = Math.floor(epochs / 2) * size
  const stride = strides[problem.name]
  const early = gamma.map((value) => Math.min(half, Math.ceil(2 / (smoothness * value))))
  const means = Array.from({ length: lanes }, () => ({
    iterates: meter(),
    ends: meter(),
    whole: meter(),
    early: meter(),
  }))
  let deviations: Deviation[] = []

  for (let t = 0; t < epochs * size; t++) {
    if (t % (size * 8) === 0) yield t / (epochs * size)
    if (t === half) deviations = deviationsAt(problem, instances, gamma, x, epochs * size - half)
    const measured = t % stride === 0
    for (let lane = 0; lane < lanes; lane++) {
      const mean = means[lane]!
      const isEarly = t < early[lane]!
      if (!measured && !isEarly) continue
      const square = problem.squaredNorm(instances[lane]!, x, lane * dimension)
      if (isEarly) add(mean.early, square)
      if (measured) add(mean.whole, square)
      if (measured && t >= half) add(mean.iterates, square)
    }
    for (let lane = 0; lane < lanes; lane++) {
      units[lane] = learns || lane % perInstance === 0 ? orders[lane]!.next() : units[lane - 1]!
    }
    problem.gradients(units, instances, x, gradient)
    if (learns) for (let lane = 0; lane < lanes; lane++) orders[lane]!.observe(units[lane]!, rows[lane]!)
    for (let lane = 0, at = 0; lane < lanes; lane++) {
      const step = gamma[lane]!
      for (let k = 0; k < dimension; k++, at++) x[at]! -= step * gradient[at]!
    }
    if (t >= half) for (let lane = 0; lane < lanes; lane++) follow(deviations[lane]!, units[lane]!, dimension)
    if (t % size === size - 1 && t >= half) {
      for (let lane = 0; lane < lanes; lane++) {
        add(means[lane]!.ends, problem.squaredNorm(instances[lane]!, x, lane * dimension))
      }
    }
  }
  return means.map((mean, lane) => ({
    instance: instances[lane]!,
    stepSize: gamma[lane]!,
    iterates: valueOf(mean.iterates),
    ends: valueOf(mean.ends),
    whole: valueOf(mean.whole),
    early: valueOf(mean.early),
    periodVariance: deviations[lane]!.total / deviations[lane]!.blocks,
  }))
}

interface Meter {
  sum: number
  count: number
}
const meter = (): Meter => ({ sum: 0, count: 0 })
const add = (target: Meter, value: number): void => {
  target.sum += value
  target.count += 1
}
const valueOf = ({ sum, count }: Meter): number => {
  const value = sum / count
  return Number.isFinite(value) ? Math.max(value, 1e-300) : 1e300
}

/** Partial sums of centred gradients at a frozen point, in blocks of τ visits: `periodVariance` of curriculum, online. */
interface Deviation {
  /** [n, d], each row less the mean. */
  readonly centred: Float64Array
  readonly τ: number
  readonly sum: Float64Array
  position: number
  largest: number
  total: number
  blocks: number
}

function deviationsAt(
  problem: VectorProblem,
  instances: Int32Array,
  gamma: Float64Array,
  x: Float64Array,
  visits: number,
): Deviation[] {
  const { size, dimension, smoothness } = problem
  return Array.from(gamma, (stepSize, lane) => {
    const centred = gradientTable(problem, instances[lane]!, x, lane * dimension)
    for (let k = 0; k < dimension; k++) {
      let mean = 0
      for (let unit = 0; unit < size; unit++) mean += centred[unit * dimension + k]! / size
      for (let unit = 0; unit < size; unit++) centred[unit * dimension + k]! -= mean
    }
    const τ = Math.min(visits, correlationTime(smoothness, stepSize))
    return { centred, τ, sum: new Float64Array(dimension), position: 0, largest: 0, total: 0, blocks: 0 }
  })
}

function follow(deviation: Deviation, unit: number, dimension: number): void {
  const { centred, sum, τ } = deviation
  let square = 0
  for (let k = 0, at = unit * dimension; k < dimension; k++, at++) {
    const entry = sum[k]! + centred[at]!
    sum[k] = entry
    square += entry * entry
  }
  if (square > deviation.largest) deviation.largest = square
  if (++deviation.position === τ) {
    deviation.total += deviation.largest
    deviation.blocks += 1
    deviation.position = 0
    deviation.largest = 0
    sum.fill(0)
  }
}
