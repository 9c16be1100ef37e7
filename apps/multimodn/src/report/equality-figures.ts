import { type Figure, mean, type PairedFigure, pairedTTest } from '@lemanic/eval'
import type { ArmName } from '../arms.js'
import { margin } from '../claims.js'
import { taskTitles, tasksOfFamily } from '../data/family.js'
import { bayesAuroc } from '../data/synthetic.js'
import { meanInterval } from './intervals.js'
import type { Run } from './figures.js'
import { pairedOf, valuesOf } from './runs-of.js'

/** Differences of AUROC on every task, with the margin; and the AUROCs themselves. */
export function equalityFigures(runs: readonly Run[]): Figure[] {
  return [
    ...differences(runs, 'single-parallel', 'MultiModN less P-Fusion', 'single', 'parallel'),
    ...differences(runs, 'multi-single', 'Many tasks less one', 'multi', 'single'),
    ...aurocTable(runs),
  ]
}

type Kind = 'single' | 'multi' | 'parallel'

function differences(runs: readonly Run[], id: string, title: string, arm: Kind, against: Kind): PairedFigure[] {
  const real = Object.values(tasksOfFamily)
    .flat()
    .map((task) => ({
      name: taskTitles[task],
      values: pairedOf(runs, `real-${arm}`, `real-${against}`, `auroc ${task}`),
    }))
  const all = [
    ...real,
    { name: 'Mean of the ten', values: pairedOf(runs, `real-${arm}`, `real-${against}`, 'auroc mean') },
    { name: 'Synthetic', values: pairedOf(runs, `synthetic-${arm}`, `synthetic-${against}`, 'auroc synthetic') },
  ]
  const rows = all.flatMap(({ name, values }) => {
    if (values.length === 0) return []
    if (values.length === 1) return [{ name, values, mean: values[0]! }]
    const [low, high] = pairedTTest(
      values,
      values.map(() => 0),
      { confidence: 0.9 },
    ).confidenceInterval
    return [{ name, values, mean: mean(values), interval: [low, high] as [number, number] }]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id,
      title: `${title}: AUROC on every task`,
      caption:
        'Bars are 90 % intervals here: inside the grey band, the two are equal at the 5 % level before correction.',
      x: { label: 'Difference of AUROC' },
      margin,
      rows,
    },
  ]
}

function aurocTable(runs: readonly Run[]): Figure[] {
  const arms: readonly (readonly [string, ArmName])[] = [
    ['P-Fusion', 'real-parallel'],
    ['MultiModN, single', 'real-single'],
    ['multi', 'real-multi'],
    ['residual', 'real-residual'],
    ['random orders', 'real-random-order'],
    ['learned order', 'real-learned-order'],
    ['late', 'real-late'],
    ['gated', 'real-gated'],
  ]
  const shown = arms.filter(([, arm]) => runs.some((run) => run.arm === arm))
  const cell = (arm: ArmName, metric: string): string | null => {
    const values = valuesOf(runs, arm, metric)
    if (values.length === 0) return null
    if (values.length === 1) return values[0]!.toFixed(3)
    const [low, high] = meanInterval(values)
    return `${mean(values).toFixed(3)} ± ${((high - low) / 2).toFixed(3)}`
  }
  if (shown.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'aurocs',
      title: 'AUROC on held-out rows',
      caption: `Mean over folds, ± half the 95 % interval over folds. On the synthetic set the best possible is ${bayesAuroc(['small', 'strong', 'wide']).toFixed(3)}.`,
      columns: [{ title: 'Task' }, ...shown.map(([title]) => ({ title }))],
      rows: Object.values(tasksOfFamily)
        .flat()
        .filter((task) => shown.some(([, arm]) => valuesOf(runs, arm, `auroc ${task}`).length > 0))
        .map((task) => [taskTitles[task], ...shown.map(([, arm]) => cell(arm, `auroc ${task}`))]),
    },
  ]
}
