import type { TrajectoriesFigure } from '@lemanic/eval'
import { explorerArm } from '../arms.js'
import { type Family, taskTitles, tasksOfFamily } from '../data/family.js'
import { arrivals } from '../run-explorer.js'
import type { Run } from './figures.js'

const subjects = { health: 'Person', education: 'Pupil', weather: 'Day', wind: 'Day', haim: 'Picture' } as const

/** For each real data set: samples whose prediction the reader can watch as modalities arrive. */
export function explorerFigures(runs: readonly Run[], families: readonly Family[]): TrajectoriesFigure[] {
  const run = runs.find(({ arm }) => arm === explorerArm)
  return families.flatMap((family): TrajectoriesFigure[] => {
    const rows = run?.samples?.[`rows ${family.name}`]
    const predictions = run?.samples?.[`predictions ${family.name}`]
    if (rows === undefined || predictions === undefined || rows.length === 0) return []
    const tasks = tasksOfFamily[family.name]
    let at = 0
    return [
      {
        kind: 'trajectories',
        id: `explore-${family.name}`,
        title: `Watch a prediction: ${family.name}`,
        caption:
          'Held-out samples, MultiModN trained in random orders. Pick a sample and a task, change the order, or leave something out.',
        modalities: [...family.order],
        tasks: tasks.map((task) => taskTitles[task]),
        samples: rows.map((row, index) => {
          const words = family.describe(row)
          const there = family.order.flatMap((name, modality) => (isThere(family, name, row) ? [modality] : []))
          return {
            name: `${subjects[family.name]} ${index + 1}`,
            given: there.map((modality) => ({ modality, value: words[family.order[modality]!]! })),
            outcomes: tasks.map((task) => {
              const cell = family.table.columns[task]!.values[row]
              return typeof cell === 'number' && !Number.isNaN(cell) ? cell === 1 : null
            }),
            predictions: Object.fromEntries(
              arrivals(there).map((arrival) => [arrival, tasks.map(() => predictions[at++]!)]),
            ),
          }
        }),
      },
    ]
  })
}

/** Whether a row has a modality, as `fitFamily` decides it: some cell, or some measurement. */
function isThere(family: Family, name: string, row: number): boolean {
  const columns = family.schema.modalities[name]
  if (columns !== undefined) {
    return Object.keys(columns).some((column) => {
      const cell = family.table.columns[column]!.values[row]
      return cell !== null && !Number.isNaN(cell)
    })
  }
  const series = family.series[name]!
  const own = series.records.columns[series.columns.id]!.values as ArrayLike<number>
  return Array.prototype.includes.call(own, row)
}
