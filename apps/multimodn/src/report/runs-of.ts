import { mean } from '@lemanic/eval'
import type { ArmName } from '../arms.js'
import type { Run } from './figures.js'

/** Finite values of a metric of an arm, by seed. */
export function valuesOf(runs: readonly Run[], arm: ArmName, metric: string): number[] {
  return runs.flatMap((run) => (run.arm === arm && run.metrics[metric] !== undefined ? [run.metrics[metric]] : []))
}

/** Differences of a metric of two arms at the seeds that both have. */
export function pairedOf(runs: readonly Run[], arm: ArmName, against: ArmName, metric: string): number[] {
  return runs.flatMap((run) => {
    const other = runs.find(({ arm: name, seed }) => name === against && seed === run.seed)?.metrics[metric]
    const own = run.metrics[metric]
    return run.arm === arm && own !== undefined && other !== undefined ? [own - other] : []
  })
}

/** Element-wise means of the samples of an arm. */
export function meanSample(runs: readonly Run[], arm: ArmName, sample: string): number[] | undefined {
  const all = runs.flatMap((run) =>
    run.arm === arm && run.samples?.[sample] !== undefined ? [run.samples[sample]] : [],
  )
  const [first] = all
  return first?.map((_, at) => mean(all.map((values) => values[at]!)))
}
