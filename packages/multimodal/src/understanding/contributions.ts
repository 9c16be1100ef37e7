import { checkKnown, invalid } from '../names.js'
import type { Estimate } from '../tasks/task.js'
import { estimatesOf, type PredictionGrid } from './prediction-grid.js'

export interface Contributions {
  /** Score before any modality, [count]: log-odds, or the mean of a regression. */
  readonly start: Float64Array
  /** Score after the last, [count]. */
  readonly final: Float64Array
  /** By modality [count]: how far its arrival moved the score; 0 where it is missing. They sum to final − start. */
  readonly of: Readonly<Record<string, Float64Array>>
}

/**
 * What each modality adds to each prediction in the order in which it came, in log-odds (regression: in units of the
 * target).
 *
 * @param options.output Which class, label or interval; default 0, for multi-class tasks the class is to be chosen.
 */
export function contributions(
  grid: PredictionGrid,
  options: { readonly task: string; readonly output?: number },
): Contributions {
  const { task, output = 0 } = options
  const scores = grid.rows.map((_, row) => scoresOf(estimatesOf(grid, task, row), output))
  const of = Object.fromEntries(grid.modalities.map((name) => [name, new Float64Array(grid.count)]))
  for (let row = 1; row < scores.length; row++) {
    for (let sample = 0; sample < grid.count; sample++) {
      const modality = grid.taken[row][sample]
      if (modality >= 0) of[grid.modalities[modality]][sample] += scores[row][sample] - scores[row - 1][sample]
    }
  }
  return { start: scores[0], final: scores[scores.length - 1], of }
}

function scoresOf(estimates: readonly Estimate[], output: number): Float64Array {
  return Float64Array.from(estimates, ({ scores }) => {
    if (output < 0 || output >= scores.length)
      throw invalid('contributions', `output: expected 0 to ${scores.length - 1}, got ${output}`)
    return scores[output]
  })
}

/** One moment of a sample's trajectory. */
export interface TrajectoryPoint {
  /** What arrived; null before anything. */
  readonly modality: string | null
  readonly estimate: Estimate
  /** Change of each score since the moment before. */
  readonly change: readonly number[]
}

/** How one sample's prediction moves as its modalities arrive; modalities that it lacks are left out. */
export function trajectoryOf(grid: PredictionGrid, sample: number, task: string): TrajectoryPoint[] {
  if (!Number.isInteger(sample) || sample < 0 || sample >= grid.count)
    throw invalid('trajectoryOf', `expected a sample from 0 to ${grid.count - 1}, got ${sample}`)
  checkKnown('trajectoryOf', 'task', task, Object.keys(grid.tasks))
  const { outputs } = grid.tasks[task]
  const points: TrajectoryPoint[] = []
  for (let row = 0; row < grid.rows.length; row++) {
    const modality = grid.taken[row][sample]
    if (row > 0 && modality < 0) continue
    const estimate = grid.tasks[task].estimate(
      grid.outputs[row][task].subarray(sample * outputs, (sample + 1) * outputs),
    )
    const before = points.at(-1)?.estimate.scores ?? estimate.scores
    points.push({
      modality: row === 0 ? null : grid.modalities[modality],
      estimate,
      change: estimate.scores.map((score, at) => score - before[at]),
    })
  }
  return points
}
