import { mean, pairedTTest, type FinishedRun } from '@lemanic/eval'
import { isVision, visionArms, type ArmName } from '../arms.js'
import type { Sizes } from '../options.js'

export type Run = FinishedRun

/** Runs of one arm, by seed. */
export function runsOf(runs: readonly Run[], arm: ArmName): Run[] {
  return runs.filter((run) => run.arm === arm)
}

export function armsPresent<Arm extends ArmName>(runs: readonly Run[], arms: readonly Arm[]): Arm[] {
  return arms.filter((arm) => runs.some((run) => run.arm === arm))
}

/** Element by element the mean over seeds of a list that runs return; undefined where no run has it. */
export function meanSample(runs: readonly Run[], arm: ArmName, name: string): number[] | undefined {
  const lists = runsOf(runs, arm).flatMap((run) => (run.samples?.[name] === undefined ? [] : [run.samples[name]]))
  return lists[0]?.map((_, at) => mean(lists.map((list) => list[at]!)))
}

/** A metric of every seed that has it. */
export function values(
  runs: readonly Run[],
  arm: ArmName,
  of: (metrics: Run['metrics']) => number | undefined,
): number[] {
  return runsOf(runs, arm).flatMap((run) => of(run.metrics) ?? [])
}

/** A row of a figure with points: values, mean and 95 % t interval. */
export function row(name: string, list: readonly number[]) {
  if (list.length === 0) return []
  const hasSpread = list.length > 1 && list.some((value) => value !== list[0])
  const interval = hasSpread
    ? pairedTTest(
        list,
        list.map(() => 0),
      ).confidenceInterval
    : undefined
  return [
    {
      name,
      values: [...list],
      mean: mean(list),
      ...(interval === undefined ? {} : { interval: [interval[0], interval[1]] as [number, number] }),
    },
  ]
}

/** Short names of the layers of an arm, in order, as figures print them. */
export function layerLabels(arm: ArmName, sizes: Sizes): string[] {
  if (!isVision(arm)) return []
  const { network } = visionArms[arm]
  if (network === 'cnn') return [...Array.from({ length: 5 }, (_, i) => `conv ${i + 1}`), 'out']
  if (network === 'norm')
    return [...Array.from({ length: 5 }, (_, i) => [`conv ${i + 1}`, `norm ${i + 1}`]).flat(), 'out']
  return [...Array.from({ length: sizes.mlp.depth }, (_, i) => `hidden ${i + 1}`), 'out']
}
