import type { Figure, HeatmapFigure, LineFigure, PairedFigure, TableFigure } from '@lemanic/eval'
import { mean } from '@lemanic/eval'
import { armTitles, type ArmName } from '../arms.js'
import { errorMargin } from '../claims.js'
import type { Sizes } from '../options.js'
import { armsPresent, layerLabels, meanSample, row, runsOf, values, type Run } from './samples.js'

const shown = ['mlp-same', 'mlp-different', 'fashion-same'] as const

/** What layers do together: growing sets, windows, sums, and the controls of their directions. */
export function groupFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...([...shown, 'cnn-same', 'cnn-different'] as const).flatMap((arm) => cumulativeFigure(runs, arm)),
    ...windowFigure(runs, sizes),
    ...wholeFigure(runs),
    ...shown.flatMap((arm) => directionHeatmap(runs, sizes, arm)),
    ...matchingFigure(runs),
    ...rateTable(runs, sizes),
  ]
}

function cumulativeFigure(runs: readonly Run[], arm: ArmName): LineFigure[] {
  const series = (
    [
      ['from the input', 'order shallow'],
      ['from the output', 'order deep'],
      ['both ends first', 'order outer-first'],
    ] as const
  ).flatMap(([name, sample]) => {
    const lists = runsOf(runs, arm).flatMap((run) => (run.samples?.[sample] === undefined ? [] : [run.samples[sample]]))
    if (lists.length === 0) return []
    return [
      {
        name,
        points: lists[0]!.map((_, at) => {
          const column = lists.map((list) => list[at]!)
          return { x: at + 1, y: mean(column) }
        }),
      },
    ]
  })
  if (series.length === 0) return []
  return [
    {
      kind: 'line',
      id: `${arm}-cumulative`,
      title: `${armTitles[arm]}: averaging more and more layers`,
      caption:
        'Barrier when the first k layers of an order are averaged (mean of both bases, then of pairs). The last point of all is the whole model.',
      x: { label: 'Layers averaged' },
      y: { label: 'Barrier, points of test error' },
      series,
    },
  ]
}

function windowFigure(runs: readonly Run[], sizes: Sizes): LineFigure[] {
  const { window } = sizes.mlp
  const series = armsPresent(runs, ['mlp-same', 'mlp-order', 'mlp-middle', 'mlp-different', 'fashion-same']).flatMap(
    (arm) => {
      const list = meanSample(runs, arm, `window ${window}`)
      return list === undefined ? [] : [{ name: armTitles[arm], points: list.map((y, at) => ({ x: at + 1, y })) }]
    },
  )
  if (series.length === 0) return []
  return [
    {
      kind: 'line',
      id: 'windows',
      title: `Windows of ${window} layers`,
      caption:
        'Groups of equal size are the fair comparison: a growing set is larger where it reaches the middle. The first window begins at the input.',
      x: { label: 'First layer of the window' },
      y: { label: 'Barrier, points of test error' },
      series,
    },
  ]
}

function wholeFigure(runs: readonly Run[]): PairedFigure[] {
  const arms: ArmName[] = [
    'mlp-same',
    'mlp-order',
    'mlp-different',
    'mlp-wide',
    'fashion-same',
    'fashion-different',
    'cnn-same',
    'cnn-different',
    'cnn-norm',
  ]
  const rows = armsPresent(runs, arms).flatMap((arm) => [
    ...row(
      `${armTitles[arm]}: full − worst layer`,
      values(runs, arm, (m) => m.full! - m.worst!),
    ),
    ...row(
      `${armTitles[arm]}: full − sum of layers`,
      values(runs, arm, (m) => m.full! - m.sum!),
    ),
  ])
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'whole',
      title: 'Does the whole model have a barrier that its layers do not?',
      caption:
        'One dot a pair, bar: 95 % t interval. Right of 0 the full barrier exceeds that of the worst layer, or of all layers added up: then layers build it together.',
      x: { label: 'Points of test error' },
      rows,
    },
  ]
}

function directionHeatmap(runs: readonly Run[], sizes: Sizes, arm: ArmName): HeatmapFigure[] {
  const averaging = meanSample(runs, arm, 'layers base')
  const others = (
    [
      ['random', 'random'],
      ['within the training subspace', 'subspace'],
      ['orthogonal to it', 'null space'],
    ] as const
  ).flatMap(([label, sample]) => {
    const cells = meanSample(runs, arm, sample)
    return cells === undefined ? [] : [{ label, cells }]
  })
  if (averaging === undefined || others.length === 0) return []
  const rows = [
    { label: 'averaging', cells: [...averaging, mean(values(runs, arm, (m) => m['full base']))] },
    ...others,
  ]
  return [
    {
      kind: 'heatmap',
      id: `${arm}-directions`,
      title: `${armTitles[arm]}: what a move of half the distance costs`,
      caption:
        'Test error above that of the model one starts from, points, mean of both models and all pairs. All moves are as long, layer by layer. Training subspace: the span of the recorded weights of both models in that layer.',
      x: { label: 'Layer', values: [...layerLabels(arm, sizes), 'full'] },
      y: { label: 'Direction', values: rows.map(({ label }) => label) },
      value: { label: 'Points', digits: 1 },
      diverging: 0,
      cells: rows.map(({ cells }) => cells),
    },
  ]
}

function matchingFigure(runs: readonly Run[]): PairedFigure[] {
  const rows = armsPresent(runs, ['mlp-different', 'fashion-different', 'cnn-different']).flatMap((arm) =>
    row(
      armTitles[arm],
      values(runs, arm, (m) => (m.matched === undefined ? undefined : m.matched - m.full!)),
    ),
  )
  const statistics = row(
    'CNN with batch norm: statistics measured anew − mixed',
    values(runs, 'cnn-norm', (m) => (m['full recomputed'] === undefined ? undefined : m['full recomputed'] - m.full!)),
  )
  if (rows.length + statistics.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'matching',
      title: 'Ours: what renumbering hidden units, or fresh statistics, takes from the full barrier',
      caption: 'Full barrier after weight matching (Git Re-Basin) less before; below zero it helps.',
      x: { label: 'Change of the full barrier, points' },
      rows: [...rows, ...statistics],
    },
  ]
}

/** What builds the barrier at each learning rate; no ranking of noise where there is none. */
function rateTable(runs: readonly Run[], sizes: Sizes): TableFigure[] {
  const arms = armsPresent(runs, ['mlp-low', 'mlp-middle', 'mlp-same'])
  if (arms.length === 0) return []
  const labels = layerLabels('mlp-same', sizes)
  const rates = { 'mlp-low': 'low', 'mlp-middle': 'middle', 'mlp-same': 'high' } as const
  return [
    {
      kind: 'table',
      id: 'rates',
      title: 'Learning rates: which layers build the barrier?',
      caption: `The largest step of the growing sets, of mean curves. Below ${errorMargin} points of full barrier there is nothing to localise.`,
      columns: [
        { title: 'Rate', digits: 3 },
        { title: 'Error, %', digits: 1 },
        { title: 'Full barrier', digits: 1 },
        { title: 'Largest step from the input' },
        { title: 'from the output' },
      ],
      rows: arms.map((arm) => {
        const full = mean(values(runs, arm, (m) => m.full))
        const largest = (sample: string, order: readonly string[]): string => {
          const list = meanSample(runs, arm, sample)!
          const steps = list.map((value, at) => value - (at === 0 ? 0 : list[at - 1]!))
          const at = steps.indexOf(Math.max(...steps))
          return full < errorMargin ? 'no barrier: nothing to localise' : `${order[at]!} (+${steps[at]!.toFixed(1)})`
        }
        return [
          sizes.mlp.learningRates[rates[arm]],
          mean(values(runs, arm, (m) => m.error)),
          full,
          largest('order shallow', labels),
          largest('order deep', [...labels].reverse()),
        ]
      }),
    },
  ]
}
