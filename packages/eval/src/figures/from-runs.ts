import { EvalError } from '../errors.js'
import { mean } from '../statistics/descriptive.js'
import { pairedTTest } from '../statistics/paired-t-test.js'
import type { FinishedRun } from '../study/define-study.js'
import type { LineFigure, PointsFigure } from './figure.js'

/**
 * A line figure of one named curve of every run: the mean over seeds of each arm, with the range over seeds as band.
 *
 * Curves of one arm must share their x values; points beyond the shortest are left out. `titles` names the lines
 * (default: the arm's own name) and fixes their order. Arms without the curve are left out.
 */
export function curveFigure(
  runs: readonly FinishedRun[],
  options: {
    readonly curve: string
    readonly titles?: Readonly<Record<string, string>>
  } & Omit<LineFigure, 'kind' | 'series' | 'band'>,
): LineFigure {
  const { curve, titles, ...rest } = options
  const series = groupByArm(runs, titles).flatMap(({ arm, title, runs: group }) => {
    const curves = group.flatMap((run) => (run.curves?.[curve] ? [run.curves[curve]] : []))
    if (curves.length === 0) return []
    const length = Math.min(...curves.map((item) => Math.min(item.x.length, item.y.length)))
    const points = Array.from({ length }, (_, index) => {
      const x = curves[0]!.x[index]!
      const other = curves.find((item) => item.x[index] !== x)
      if (other) {
        throw new EvalError(
          'invalid-study',
          `curveFigure: expected all runs of arm '${arm}' to share the x values of curve '${curve}', got ${x} and ${other.x[index]} at point ${index}.`,
          { arm, curve, index },
        )
      }
      const values = curves.map((item) => item.y[index]!)
      return { x, y: mean(values), low: Math.min(...values), high: Math.max(...values) }
    })
    return points.length === 0 ? [] : [{ name: title, points }]
  })
  const seeds = new Set(runs.map((run) => run.seed)).size
  return { ...rest, kind: 'line', series, ...(seeds > 1 ? { band: `range over ${seeds} seeds` } : {}) }
}

/** A points figure of one metric: every seed, the mean and its 95 % t interval for each arm. */
export function metricFigure(
  runs: readonly FinishedRun[],
  options: {
    readonly metric: string
    readonly titles?: Readonly<Record<string, string>>
    /** Published values by arm, in the same unit. */
    readonly paper?: Readonly<Record<string, number>>
  } & Omit<PointsFigure, 'kind' | 'rows'>,
): PointsFigure {
  const { metric, titles, paper, ...rest } = options
  const rows = groupByArm(runs, titles).map(({ arm, title, runs: group }) => {
    const values = group.map((run) => run.metrics[metric]!)
    const published = paper?.[arm]
    return {
      name: title,
      values,
      mean: mean(values),
      ...(values.length > 1 ? { interval: meanInterval(values) } : {}),
      ...(published === undefined ? {} : { paper: published }),
    }
  })
  return { ...rest, kind: 'points', rows }
}

/** The 95 % t interval of a mean of at least two values. */
export function meanInterval(values: readonly number[]): [number, number] {
  const [low, high] = pairedTTest(
    values,
    values.map(() => 0),
  ).confidenceInterval
  return [low, high]
}

function groupByArm(runs: readonly FinishedRun[], titles: Readonly<Record<string, string>> | undefined) {
  const arms = titles ? Object.keys(titles) : [...new Set(runs.map((run) => run.arm))]
  return arms
    .map((arm) => ({ arm, title: titles?.[arm] ?? arm, runs: runs.filter((run) => run.arm === arm) }))
    .filter((group) => group.runs.length > 0)
}
