import { type FinishedRun, mean, pairedTTest } from '@lemanic/eval'
import {
  armName,
  type Cell,
  highPowers,
  linearPowers,
  type MethodName,
  mlpPowers,
  paperRank,
  type ProblemName,
} from '../arms.js'

export type Run = FinishedRun<string, string>

export const valuesOf = (runs: readonly Run[], arm: string, metric: string): number[] =>
  runs.filter((run) => run.arm === arm && run.metrics[metric] !== undefined).map((run) => run.metrics[metric]!)

/** The 95 % t interval of a mean. */
export function meanInterval(values: readonly number[]): [number, number] {
  const [low, high] = pairedTTest(
    values,
    values.map(() => 0),
  ).confidenceInterval
  return [low, high]
}

export function point(x: number, values: readonly number[]) {
  const y = mean(values)
  if (values.length < 2) return { x, y }
  const [low, high] = meanInterval(values)
  return { x, y, low, high }
}

/** In the order of the figures; noiseless SGD is their reference. */
export const methods: readonly MethodName[] = ['laser', 'zsgd', 'random', 'sketch', 'signum', 'adsgd']
export const cellOf = (problem: ProblemName, method: MethodName, power: number, other: Partial<Cell> = {}): string =>
  armName({ problem, method, power, rank: paperRank, feedback: true, schedule: 'constant', ...other })

/** Differences of two arms in a metric, seed by seed. */
export function pairs(runs: readonly Run[], arm: string, against: string, metric: string): number[] {
  return runs
    .filter((run) => run.arm === arm)
    .flatMap((run) => {
      const other = runs.find(({ arm: name, seed }) => name === against && seed === run.seed)
      const [a, b] = [run.metrics[metric], other?.metrics[metric]]
      return a === undefined || b === undefined ? [] : [a - b]
    })
}

/** Models whose accuracy is drawn over power, with the whole of their grid. */
export const powerGrids = [
  ['linear', [...linearPowers, ...highPowers.linear]],
  ['mlp', [...mlpPowers, ...highPowers.mlp]],
] as const
