import { bootstrap, type FinishedRun, mean } from '@lemanic/eval'
import { type VectorArm, vectorArms, slowArms } from '../arms.js'
import type { Sizes } from '../options.js'
import type { VectorProblemName } from '../vector-problem.js'

export type Run = FinishedRun<string, string>

/** What is kept of each problem seed: log₁₀ of an error, or of σ²_τ. */
export type SampleName = 'iterates' | 'ends' | 'whole' | 'variance'

/** The vector arms that ran, in order. */
export function armsPresent(runs: readonly Run[]): VectorArm[] {
  return [...vectorArms, ...slowArms].filter((arm) => runs.some((run) => run.arm === arm))
}

/** By problem seed: one value for each problem seed of an arm at step size number `index`; keys are `seed/instance`. */
export function problemSeeds(
  runs: readonly Run[],
  arm: string,
  problem: VectorProblemName,
  sample: SampleName,
  index: number,
  sizes: Sizes,
): Map<string, number> {
  const { instances } = sizes
  return new Map(
    runs
      .filter((run) => run.arm === arm)
      .flatMap((run) => {
        const values = run.samples?.[`${problem} ${sample}`] ?? []
        return values
          .slice(index * instances, (index + 1) * instances)
          .map((value, instance): [string, number] => [`${run.seed}/${instance}`, value])
      }),
  )
}

/** Differences of log₁₀ values at the problem seeds that two arms share. */
export function pairedDifferences(own: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number[] {
  return [...own].flatMap(([seed, value]) => (other.has(seed) ? [value - other.get(seed)!] : []))
}

/** Mean with a bootstrap interval of 95 % over problem seeds. */
export function meanWithInterval(values: readonly number[]): { mean: number; interval: [number, number] } {
  const center = mean(values)
  if (values.length < 3 || values.every((value) => value === values[0]))
    return { mean: center, interval: [center, center] }
  const { confidenceInterval } = bootstrap(values, { seed: 20_250_101, resamples: 2000 })
  return { mean: center, interval: [confidenceInterval[0], confidenceInterval[1]] }
}
