import type { Figure, HeatmapFigure, LineFigure, PairedFigure, TableFigure } from '@lemanic/eval'
import { curveFigure, mean } from '@lemanic/eval'
import { armTitles, federatedArms, splits, splitAndPolicy, type FederatedArm } from '../arms.js'
import { accuracyMargin } from '../claims.js'
import type { Sizes } from '../options.js'
import { armsPresent, meanSample, row, runsOf, type Run } from './samples.js'

/** Partial averaging among clients: the paper's table in its shape, and what links it to barriers. */
export function federatedFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  const present = armsPresent(runs, federatedArms)
  if (present.length === 0) return []
  return [
    table(runs, present),
    ...differences(runs, present),
    ...curves(runs, present),
    ...barrierMap(runs, present, sizes),
  ]
}

function table(runs: readonly Run[], present: readonly FederatedArm[]): TableFigure {
  return {
    kind: 'table',
    id: 'federated',
    title: 'Partial averaging in federated training',
    caption:
      'Accuracy of each client’s own model on pictures of its own kind that it did not train on, after the last averaging; mean of seeds. The barrier is that of the error between neighbouring clients on their common test pictures, after one more round of local training; it is below 0 where a client cannot classify the other’s classes and the mean can.',
    columns: [
      { title: 'Split and policy' },
      { title: 'Seeds', digits: 0 },
      { title: 'Accuracy, %', digits: 1 },
      { title: 'Worst client, %', digits: 1 },
      { title: 'Barrier between clients', digits: 1 },
      { title: 'Worst layer', digits: 1 },
      { title: 'Distance from the mean', digits: 2 },
    ],
    rows: present.map((arm) => {
      const own = runsOf(runs, arm)
      const of = (metric: string): number => mean(own.map((run) => run.metrics[metric]!))
      return [
        armTitles[arm],
        own.length,
        of('accuracy'),
        of('worst client'),
        of('client barrier'),
        of('worst client layer'),
        of('drift'),
      ]
    }),
  }
}

function differences(runs: readonly Run[], present: readonly FederatedArm[]): PairedFigure[] {
  const rows = present.flatMap((arm) => {
    const { split, policy } = splitAndPolicy(arm)
    if (policy === 'all') return []
    const full = new Map(runsOf(runs, `${split}-all`).map((run) => [run.seed, run.metrics.accuracy!]))
    const list = runsOf(runs, arm).flatMap((run) => {
      const other = full.get(run.seed)
      return other === undefined ? [] : [run.metrics.accuracy! - other]
    })
    return row(armTitles[arm], list)
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'federated-differences',
      title: 'Against averaging everything',
      caption: 'Accuracy less that of full averaging at the same seed: same clients, same start, same batches.',
      x: { label: 'Difference of accuracy, points' },
      margin: accuracyMargin,
      rows,
    },
  ]
}

function curves(runs: readonly Run[], present: readonly FederatedArm[]): LineFigure[] {
  return splits.flatMap((split) => {
    const titles = Object.fromEntries(
      present.flatMap((arm) => (splitAndPolicy(arm).split === split ? [[arm, armTitles[arm].split(': ')[1]!]] : [])),
    )
    if (Object.keys(titles).length === 0) return []
    return [
      curveFigure(runs, {
        id: `federated-${split}`,
        title: `${split === 'skewed' ? 'Moderate label skew' : 'Two classes a client'}: accuracy by round`,
        curve: 'accuracy',
        titles,
        x: { label: 'Round' },
        y: { label: 'Accuracy, mean of clients, %' },
      }),
    ]
  })
}

function barrierMap(runs: readonly Run[], present: readonly FederatedArm[], sizes: Sizes): HeatmapFigure[] {
  const layers = [...Array.from({ length: sizes.federated.depth }, (_, i) => `hidden ${i + 1}`), 'out']
  return [
    {
      kind: 'heatmap',
      id: 'client-layers',
      title: 'Barriers between clients, layer by layer',
      caption: 'Points of error on the common test pictures of neighbouring clients, mean of both bases and all seeds.',
      x: { label: 'Layer', values: layers },
      y: { label: 'Split and policy', values: present.map((arm) => armTitles[arm]) },
      value: { label: 'Barrier, points', digits: 1 },
      diverging: 0,
      cells: present.map((arm) => meanSample(runs, arm, 'client layers')!),
    },
  ]
}
