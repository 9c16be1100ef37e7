import type { Params } from '@lemanic/tensor-core'
import { type MultimodalData, patternOf, withMissing } from '../data/multimodal-data.js'
import type { FusionModel } from '../fusion/fusion-model.js'
import { auroc } from '../metrics/binary-metrics.js'
import { type Calibration, calibration } from '../metrics/calibration.js'
import { type Scores, scoreTask } from '../metrics/score-task.js'
import type { MissingPattern } from '../missing/missing-pattern.js'
import { invalid } from '../names.js'
import { estimatesOf, predictGrid, type PredictionGrid } from './prediction-grid.js'

/** How a binary task's predictions fare among the samples of one pattern of missing modalities. */
export interface PatternCalibration extends Calibration {
  /** Modalities that are there, joined by " + "; "nothing" for none. */
  readonly pattern: string
  readonly count: number
  /** Share of positives in the pattern: far from that of all where missingness tells the label. */
  readonly observed: number
  readonly predicted: number
  readonly auroc: number
}

/**
 * Calibration of the last row for each pattern of missing modalities, the most frequent first. A model that has learned
 * from what is missing is calibrated here on data like its training data, and off in every pattern when missingness
 * changes.
 */
export function calibrationByPattern(
  grid: PredictionGrid,
  data: MultimodalData,
  options: { readonly task: string; readonly bins?: number },
): PatternCalibration[] {
  const { task, bins } = options
  const estimates = estimatesOf(grid, task)
  if (grid.tasks[task].kind !== 'binary')
    throw invalid('calibrationByPattern', `expected a binary task, got "${task}", which is ${grid.tasks[task].kind}`)
  const { present } = patternOf(data, grid.modalities)
  const width = grid.modalities.length
  const { values, known } = data.targets[task]
  const members = new Map<string, number[]>()
  for (let row = 0; row < data.rows; row++) {
    if (known[row] === 0) continue
    const names = grid.modalities.filter((_, at) => present[row * width + at] === 1)
    const pattern = names.length === 0 ? 'nothing' : names.join(' + ')
    members.set(pattern, [...(members.get(pattern) ?? []), row])
  }
  return [...members]
    .map(([pattern, rows]) => {
      const probabilities = rows.map((row) => estimates[row].values[0])
      const labels = rows.map((row) => values[row])
      return {
        pattern,
        count: rows.length,
        observed: labels.reduce((sum, label) => sum + label, 0) / rows.length,
        predicted: probabilities.reduce((sum, p) => sum + p, 0) / rows.length,
        auroc: auroc(probabilities, labels),
        ...calibration(probabilities, labels, bins === undefined ? {} : { bins }),
      }
    })
    .sort((a, b) => b.count - a.count)
}

/** Scores of every task under one way of missing. */
export interface RobustnessRow {
  /** `intact` for the data as they are, then the names of the shifts. */
  readonly shift: string
  /** Share of cells that are missing. */
  readonly missing: number
  readonly tasks: Readonly<Record<string, Scores>>
}

/**
 * How good a model stays when other modalities are missing than before: scores on the data as they are, and with each
 * shift's cells taken besides.
 *
 * @param options.shifts Patterns by name; their columns follow the model's modalities.
 */
export async function robustnessReport(options: {
  readonly model: FusionModel
  readonly params: Params
  readonly data: MultimodalData
  readonly shifts: Readonly<Record<string, MissingPattern>>
  readonly batchSize?: number
}): Promise<RobustnessRow[]> {
  const { model, params, data, shifts, batchSize } = options
  const rows: RobustnessRow[] = []
  for (const [shift, pattern] of [['intact', undefined] as const, ...Object.entries(shifts)]) {
    const shifted = pattern === undefined ? data : withMissing(data, pattern, model.modalities)
    const grid = await predictGrid({ model, params, data: shifted, ...(batchSize === undefined ? {} : { batchSize }) })
    const { present } = patternOf(shifted, model.modalities)
    rows.push({
      shift,
      missing: 1 - present.reduce((sum, cell) => sum + cell, 0) / present.length,
      tasks: Object.fromEntries(
        Object.keys(model.tasks).map((name) => {
          const { values, known } = data.targets[name]
          return [name, scoreTask(model.tasks[name], estimatesOf(grid, name), values, known)]
        }),
      ),
    })
  }
  return rows
}
