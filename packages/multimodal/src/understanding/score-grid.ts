import type { MultimodalData } from '../data/multimodal-data.js'
import { type Scores, scoreTask } from '../metrics/score-task.js'
import { checkKnown } from '../names.js'
import { estimatesOf, type PredictionGrid } from './prediction-grid.js'

/** Scores of one row of the grid. */
export interface ScoredRow {
  readonly row: string | null
  /** Share of the samples that took a modality in this row; 1 before any. */
  readonly taken: number
  readonly tasks: Readonly<Record<string, Scores>>
}

/** The (modalities + 1) × tasks grid of scores: how good predictions are before any modality and after each. */
export function scoreGrid(grid: PredictionGrid, data: MultimodalData): ScoredRow[] {
  return grid.rows.map((row, at) => ({
    row,
    taken: at === 0 ? 1 : grid.taken[at].reduce((sum, modality) => sum + (modality >= 0 ? 1 : 0), 0) / grid.count,
    tasks: Object.fromEntries(
      Object.keys(grid.tasks).map((name) => {
        checkKnown('scoreGrid', 'task', name, Object.keys(data.targets))
        const { values, known } = data.targets[name]
        return [name, scoreTask(grid.tasks[name], estimatesOf(grid, name, at), values, known)]
      }),
    ),
  }))
}
