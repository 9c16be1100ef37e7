import { type Figure, type HeatmapFigure, type LineFigure, mean } from '@lemanic/eval'
import { digitsArms } from '../arms.js'
import { allFamilyNames, type FamilyName, taskTitles, tasksOfFamily } from '../data/family.js'
import { digitShares } from '../run-digits.js'
import type { Run } from './figures.js'
import { meanSample, valuesOf } from './runs-of.js'

/** Order of arrival of each family; as in the data's own files, which workers alone read. */
const orders: Readonly<Record<FamilyName, readonly string[]>> = {
  health: ['person', 'body', 'laboratory', 'pressure'],
  education: ['background', 'kindergarten', 'grade-1', 'grade-2'],
  weather: ['season', 'elsewhere', 'week', 'day'],
  wind: ['season', 'west', 'south', 'east', 'north'],
  haim: ['de', 'vd', 'n_ech', 'ts_ce'],
}

/** The (modalities + 1) × tasks grids, what each modality adds, and the digits with fewer and fewer quadrants. */
export function additionFigures(runs: readonly Run[]): Figure[] {
  return [...allFamilyNames.flatMap((family) => [...grid(runs, family), ...additions(runs, family)]), ...digits(runs)]
}

function grid(runs: readonly Run[], family: FamilyName): HeatmapFigure[] {
  const tasks = tasksOfFamily[family]
  const rows = tasks.map((task) => meanSample(runs, 'real-multi', `rows ${task}`))
  if (rows.some((row) => row === undefined)) return []
  return [
    {
      kind: 'heatmap',
      id: `grid-${family}`,
      title: `${family}: AUROC after each modality`,
      caption: 'Multi-task MultiModN, all held-out rows; a row that lacks a modality keeps its prediction.',
      x: { label: 'After', values: ['nothing', ...orders[family]] },
      y: { label: 'Task', values: tasks.map((task) => taskTitles[task]) },
      value: { label: 'AUROC', digits: 2 },
      cells: rows.map((row) => row!),
    },
  ]
}

function additions(runs: readonly Run[], family: FamilyName): HeatmapFigure[] {
  const tasks = tasksOfFamily[family]
  const rows = tasks.map((task) => meanSample(runs, 'real-multi', `adds ${task}`))
  if (rows.some((row) => row === undefined)) return []
  return [
    {
      kind: 'heatmap',
      id: `adds-${family}`,
      title: `${family}: how far each modality moves a prediction`,
      caption: 'Mean absolute change of the log-odds among rows that have the modality, in the order of arrival.',
      x: { label: 'Modality', values: [...orders[family]] },
      y: { label: 'Task', values: tasks.map((task) => taskTitles[task]) },
      value: { label: 'change of log-odds', digits: 2 },
      cells: rows.map((row) => row!),
    },
  ]
}

function digits(runs: readonly Run[]): LineFigure[] {
  const series = digitsArms.flatMap((arm) => {
    const points = digitShares.flatMap((share) => {
      const values = valuesOf(runs, arm, `accuracy ${100 * share}`)
      return values.length === 0
        ? []
        : [{ x: 100 * share, y: mean(values), low: Math.min(...values), high: Math.max(...values) }]
    })
    return points.length === 0
      ? []
      : [{ name: arm === 'digits-sequential' ? 'MultiModN' : 'Parallel fusion, mask token', points }]
  })
  if (series.length === 0) return []
  return [
    {
      kind: 'line',
      id: 'digits',
      title: 'Digits in quadrants, some of them missing at random',
      caption: 'In training a quarter of the quadrants was missing.',
      x: { label: 'Quadrants missing at test, %' },
      y: { label: 'Accuracy, %' },
      band: 'range over seeds',
      series,
    },
  ]
}
