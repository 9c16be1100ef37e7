import { leastSquaresSlope, mean, type RunContext, type RunOutput } from '@lemanic/eval'
import { randomKey } from '@lemanic/tensor-core'
import { orderOnProblem, type VectorArm } from './arms.js'
import type { OrderingEngine } from './engine.js'
import { metricName } from './metrics.js'
import type { OrderingOptions } from './options.js'
import { counterExample } from './problems/counter-example.js'
import { logisticProblem } from './problems/logistic.js'
import { quadraticProblem } from './problems/quadratic.js'
import { sigmoidProblem } from './problems/sigmoid.js'
import { type LaneResult, simulate } from './simulate.js'
import { instanceKeys, type VectorProblem, type VectorProblemName, vectorProblemNames } from './vector-problem.js'

export type OrderingContext = RunContext<OrderingOptions, OrderingEngine>

/** The instances of a problem that a seed has, the same for every arm. */
export function createProblem(
  name: VectorProblemName,
  seed: number,
  options: OrderingOptions,
  { digits }: OrderingEngine,
): VectorProblem {
  const { size, dimension = 1 } = options.vector[name]
  const keys = instanceKeys(randomKey(1).foldIn(name), seed, options.instances)
  switch (name) {
    case 'quadratic':
      return quadraticProblem({ size, dimension, keys })
    case 'counter':
      return counterExample({ size, instances: keys.length })
    case 'sigmoid':
      return sigmoidProblem({ size, dimension, keys })
    case 'logistic':
      return logisticProblem({ size, digits, keys })
  }
}

/** One order at one seed on all vector problems, at all their step sizes. */
export async function runVectorArm(arm: VectorArm, seed: number, context: OrderingContext): Promise<RunOutput> {
  const { options, engine, report } = context
  const metrics: Record<string, number> = {}
  const samples: Record<string, number[]> = {}
  const tuned: number[] = []
  for (const [index, name] of vectorProblemNames.entries()) {
    const { stepSizes, epochs } = options.vector[name]
    const problem = createProblem(name, seed, options, engine)
    const keys = instanceKeys(randomKey(2).foldIn(name), seed, options.instances)
    const work = simulate({
      problem,
      stepSizes,
      epochs,
      orderOf: (instance) => orderOnProblem(arm, problem, instance, keys[instance]!),
    })
    let step = work.next()
    for (; !step.done; step = work.next()) {
      await report({ fraction: (index + step.value) / vectorProblemNames.length, message: `seed ${seed}, ${name}` })
    }
    const lanes = step.value
    const grid = (measure: (lane: LaneResult) => number) =>
      stepSizes.map((stepSize) =>
        lanes.filter((lane) => lane.stepSize === stepSize).map((lane) => Math.log10(measure(lane))),
      )
    const tables = {
      iterates: grid((lane) => lane.iterates),
      ends: grid((lane) => lane.ends),
      variance: grid((lane) => lane.periodVariance),
    }
    for (const [measure, table] of Object.entries(tables) as [keyof typeof tables, number[][]][]) {
      table.forEach((values, at) => (metrics[metricName(name, measure, at)] = mean(values)))
      samples[`${name} ${measure}`] = table.flat()
    }
    samples[`${name} smoothness`] = [problem.smoothness]
    samples[`${name} whole`] = grid((lane) => lane.whole).flat()
    tuned.push(tunedError(grid((lane) => lane.whole)))
    if (name === 'quadratic') metrics.early = mean(grid((lane) => lane.early)[0]!)
    if (name === 'counter' || name === 'quadratic') {
      metrics[`${name} slope`] = smallStepSlope(stepSizes, tables.iterates, problem)
      if (name === 'quadratic') metrics['quadratic end slope'] = smallStepSlope(stepSizes, tables.ends, problem)
    }
  }
  metrics.tuned = mean(tuned)
  return { metrics, samples }
}

/** Slope of log₁₀ error over log₁₀ γ where γ ≤ 1 / (5 n L): theory's regime of small steps. */
export function smallStepSlope(
  stepSizes: readonly number[],
  table: readonly (readonly number[])[],
  { size, smoothness }: Pick<VectorProblem, 'size' | 'smoothness'>,
): number {
  const limit = 1 / (5 * size * smoothness)
  const small = stepSizes.map((stepSize, at) => ({ stepSize, error: mean(table[at]!) }))
  const used = small.filter(({ stepSize }) => stepSize <= limit)
  const points = used.length >= 2 ? used : small.slice(-2)
  return leastSquaresSlope(
    points.map(({ stepSize }) => Math.log10(stepSize)),
    points.map(({ error }) => error),
  )
}

/**
 * The error at a tuned step size: for each instance the step size is the one that is best on the other instances of the
 * run, so that no instance is measured at a step size it had a say in. With one instance: its own best.
 */
export function tunedError(table: readonly (readonly number[])[]): number {
  const instances = table[0]!.length
  return mean(
    Array.from({ length: instances }, (_, instance) => {
      const others = table.map((values) => mean(instances === 1 ? values : values.filter((_, at) => at !== instance)))
      return table[others.indexOf(Math.min(...others))]![instance]!
    }),
  )
}
