import type { Figure, HeatmapFigure, LineFigure, TableFigure } from '@lemanic/eval'
import { mean, pairedEquivalenceTest } from '@lemanic/eval'
import { armTitles, convolutionalArms, pairArmNames, perceptronArms, type ArmName } from '../arms.js'
import { errorMargin } from '../claims.js'
import type { Sizes } from '../options.js'
import { armsPresent, layerLabels, meanSample, runsOf, values, type Run } from './samples.js'

const perceptrons = Object.keys(perceptronArms) as ArmName[]
const convolutional = Object.keys(convolutionalArms) as ArmName[]

/** Which layers, when, and how sure. */
export function layerFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...equivalenceTable(runs, sizes),
    ...armsHeatmap(runs, sizes, 'layers base'),
    ...armsHeatmap(runs, sizes, 'random'),
    ...convolutional.flatMap((arm) => armHeatmap(runs, sizes, arm)),
    ...(['mlp-same', 'mlp-different'] as const).flatMap((arm) => timeHeatmap(runs, sizes, arm)),
    ...alphaFigure(runs, perceptrons, 'perceptrons'),
    ...alphaFigure(runs, convolutional, 'cnns'),
    ...timeFigure(runs),
  ]
}

/** Two one-sided tests of every layer and base against ±margin; a network passes when its worst layer does. */
function equivalenceTable(runs: readonly Run[], sizes: Sizes): TableFigure[] {
  const arms = armsPresent(runs, [...perceptrons, ...convolutional])
  if (arms.length === 0) return []
  const rows = arms.map((arm) => {
    const own = runsOf(runs, arm)
    const labels = layerLabels(arm, sizes)
    const tests = (['layers a', 'layers b'] as const).flatMap((name, base) =>
      labels.map((label, layer) => {
        const list = own.map((run) => run.samples![name]![layer]!)
        return { label: `${label} into ${base === 0 ? 'a' : 'b'}`, mean: mean(list), p: equivalenceP(list) }
      }),
    )
    const worst = tests.reduce((least, test) => ((test.p ?? 2) > (least.p ?? 2) ? test : least))
    const passed = tests.filter(({ p }) => p !== null && p < 0.05).length
    return [
      armTitles[arm],
      own.length,
      mean(values(runs, arm, (m) => m.error)),
      mean(values(runs, arm, (m) => m.full)),
      mean(values(runs, arm, (m) => m.worst)),
      mean(values(runs, arm, (m) => m.sum)),
      `${passed} of ${tests.length}`,
      worst.label,
      worst.mean,
      worst.p,
    ]
  })
  return [
    {
      kind: 'table',
      id: 'equivalence',
      title: 'Which layers have no barrier?',
      caption: `Barriers of the test error in percentage points. Each layer, put into either model, is tested for equivalence with 0 within ±${errorMargin} points (two one-sided t tests over pairs, not corrected; the margin was fixed before any run); all layers of a network are free of barriers at the level of the largest p. The claims test the largest |barrier| of each pair, which asks for more.`,
      columns: [
        { title: 'Pair' },
        { title: 'Pairs', digits: 0 },
        { title: 'Error, %', digits: 1 },
        { title: 'Full', digits: 1 },
        { title: 'Worst layer', digits: 1 },
        { title: 'Sum of layers', digits: 1 },
        { title: 'Equivalent to 0' },
        { title: 'Least certain' },
        { title: 'its mean', digits: 1 },
        { title: 'its p', digits: 4 },
      ],
      rows,
    },
  ]
}

function equivalenceP(list: readonly number[]): number | null {
  if (list.length < 2) return null
  if (list.every((value) => value === list[0])) return Math.abs(list[0]!) < errorMargin ? 0 : 1
  return pairedEquivalenceTest(
    list,
    list.map(() => 0),
    { margin: errorMargin },
  ).p
}

/** Layers in columns and, last, the whole model: a sample of every perceptron. */
function armsHeatmap(runs: readonly Run[], sizes: Sizes, sample: 'layers base' | 'random'): HeatmapFigure[] {
  const present = armsPresent(runs, perceptrons)
  if (present.length === 0) return []
  const isRandom = sample === 'random'
  return [
    {
      kind: 'heatmap',
      id: isRandom ? 'mlp-random' : 'mlp-layers',
      title: isRandom ? 'Perceptrons: the same in random directions' : 'Perceptrons: barrier of every layer',
      caption: isRandom
        ? 'Moves as long as the averaging one in every layer, in random directions; otherwise as above.'
        : 'Percentage points of test error at α = ½ above that of the base, mean of both bases and all pairs.',
      x: { label: 'Layer', values: [...layerLabels(present[0]!, sizes), 'full'] },
      y: { label: 'Pair', values: present.map((arm) => armTitles[arm]) },
      value: { label: isRandom ? 'Points' : 'Barrier, points', digits: 1 },
      diverging: 0,
      cells: present.map((arm) => withFull(runs, arm, sample)),
    },
  ]
}

/** A sample of the layers, and the same of the whole model. */
function withFull(runs: readonly Run[], arm: ArmName, sample: string): number[] {
  const layers = meanSample(runs, arm, sample)!
  if (sample === 'random') return layers
  return [...layers, mean(values(runs, arm, (m) => (sample === 'layers base' ? m['full base'] : m.full)))]
}

function armHeatmap(runs: readonly Run[], sizes: Sizes, arm: ArmName): HeatmapFigure[] {
  if (runsOf(runs, arm).length === 0) return []
  const rows = [
    ['into a', 'layers a'],
    ['into b', 'layers b'],
    ['against base', 'layers base'],
    ['random', 'random'],
  ] as const
  return [
    {
      kind: 'heatmap',
      id: `${arm}-layers`,
      title: `${armTitles[arm]}: barrier of every layer`,
      caption:
        'Percentage points of test error at α = ½, mean of pairs. The first two rows are the paper’s measure, which has an offset where the models differ in error; the third is free of it; the fourth moves as far in a random direction.',
      x: { label: 'Layer', values: [...layerLabels(arm, sizes), 'full'] },
      y: { label: 'Measure', values: rows.map(([label]) => label) },
      value: { label: 'Barrier, points', digits: 1 },
      diverging: 0,
      cells: rows.map(([, sample]) => withFull(runs, arm, sample)),
    },
  ]
}

function timeHeatmap(runs: readonly Run[], sizes: Sizes, arm: ArmName): HeatmapFigure[] {
  const flat = meanSample(runs, arm, 'time layers')
  const curve = runsOf(runs, arm)[0]?.curves?.full
  if (flat === undefined || curve === undefined) return []
  const labels = layerLabels(arm, sizes)
  const full = curve.x.map((_, at) => mean(runsOf(runs, arm).map((run) => run.curves!.full!.y[at]!)))
  return [
    {
      kind: 'heatmap',
      id: `${arm}-time`,
      title: `${armTitles[arm]}: barriers over training`,
      caption: 'Percentage points of test error against the mean of the two models, mean of both bases and all pairs.',
      x: { label: 'Epoch', values: curve.x.map(String) },
      y: { label: 'Layer', values: [...labels, 'full'] },
      value: { label: 'Barrier, points', digits: 1 },
      diverging: 0,
      cells: [...labels.map((_, layer) => curve.x.map((_, moment) => flat[moment * labels.length + layer]!)), full],
    },
  ]
}

function alphaFigure(runs: readonly Run[], arms: readonly ArmName[], id: string): LineFigure[] {
  const series = armsPresent(runs, arms).flatMap((arm) => {
    const lists = runsOf(runs, arm).map((run) => run.samples!['alpha error']!)
    const count = lists[0]!.length
    return [
      {
        name: armTitles[arm],
        points: lists[0]!.map((_, at) => {
          const column = lists.map((list) => list[at]!)
          return { x: at / (count - 1), y: mean(column), low: Math.min(...column), high: Math.max(...column) }
        }),
      },
    ]
  })
  if (series.length === 0) return []
  return [
    {
      kind: 'line',
      id: `alpha-${id}`,
      title: `From one model to the other: ${id === 'cnns' ? 'CNNs' : id}`,
      caption: 'Test error of (1 − α) · model a + α · model b.',
      x: { label: 'α' },
      y: { label: 'Test error, %' },
      band: 'range over pairs',
      series,
    },
  ]
}

/** Full and worst single-layer barrier over training, perceptrons of the same start at three learning rates. */
function timeFigure(runs: readonly Run[]): LineFigure[] {
  const arms = armsPresent(
    runs,
    pairArmNames.filter((arm) => arm.startsWith('mlp')),
  )
  const series = arms.flatMap((arm) => {
    const curves = runsOf(runs, arm).flatMap((run) => run.curves?.full ?? [])
    if (curves.length === 0) return []
    const points = curves[0]!.x.map((x, at) => ({ x, y: mean(curves.map(({ y }) => y[at]!)) }))
    return [{ name: armTitles[arm], points }]
  })
  if (series.length === 0) return []
  return [
    {
      kind: 'line',
      id: 'time-full',
      title: 'The full barrier over training',
      caption: 'Mean of pairs. Barriers of one start appear early and grow with the learning rate.',
      x: { label: 'Epoch', scale: 'log' },
      y: { label: 'Full barrier, points' },
      series,
    },
  ]
}
