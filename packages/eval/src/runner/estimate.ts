import type { PlannedRun } from './plan-runs.js'

/** What the runs still to do will take, from measured seconds a run. */
export interface Estimate {
  readonly runs: number
  readonly processes: number
  /** Mean over the runs still to do. */
  readonly secondsPerRun: number
  /** Until the last run ends, with the runs dealt out in order to the processes. */
  readonly seconds: number
  readonly byArm: readonly { readonly arm: string; readonly runs: number; readonly secondsPerRun: number }[]
}

/** Sums up measured seconds a run; `undefined` when an arm has not been measured. */
export function estimateRuns(
  runs: readonly PlannedRun[],
  secondsByArm: ReadonlyMap<string, number>,
  processes: number,
): Estimate | undefined {
  if (runs.some((run) => !secondsByArm.has(run.arm))) return undefined
  const finish = new Array<number>(Math.max(1, processes)).fill(0)
  let total = 0
  for (const run of runs) {
    const seconds = secondsByArm.get(run.arm)!
    total += seconds
    const first = finish.indexOf(Math.min(...finish))
    finish[first]! += seconds
  }
  const arms = [...new Set(runs.map((run) => run.arm))]
  return {
    runs: runs.length,
    processes: finish.length,
    secondsPerRun: runs.length === 0 ? 0 : total / runs.length,
    seconds: Math.max(...finish),
    byArm: arms.map((arm) => ({
      arm,
      runs: runs.filter((run) => run.arm === arm).length,
      secondsPerRun: secondsByArm.get(arm)!,
    })),
  }
}

/** The estimate as one line: `40 runs × 21 s / 2 processes ≈ 7 min`. */
export function describeEstimate(estimate: Estimate): string {
  const { runs, processes, secondsPerRun, seconds } = estimate
  if (runs === 0) return 'nothing left to run'
  return (
    `${runs} ${runs === 1 ? 'run' : 'runs'} × ${describeSeconds(secondsPerRun)} / ` +
    `${processes} ${processes === 1 ? 'process' : 'processes'} ≈ ${describeSeconds(seconds)}`
  )
}

/** A duration in the unit that suits it: `0.4 s`, `21 s`, `7 min`, `2 h 10 min`. */
export function describeSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 100) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
