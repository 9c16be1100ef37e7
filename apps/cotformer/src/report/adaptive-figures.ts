import { type Figure, type FinishedRun, mean } from '@lemanic/eval'
import { adaptiveArms, type ArmName, describeArms } from '../arms.js'
import { budgets, type MetricName } from '../metrics.js'
import type { CotformerOptions } from '../options.js'

type Run = FinishedRun<ArmName, MetricName>
type Sizes = Omit<CotformerOptions, 'corpus'>
/** Names beside the lines of figure 4. */
const shortNames = {
  'adaptive-block-universal': 'Block Universal',
  'adaptive-fixed': 'one capacity',
  adaptive: 'no embedding',
} as const

type Points = { x: number; y: number; low: number; high: number }[]

/** Mean and range over seeds of a budget curve whose computation is the same at every seed. */
function points(runs: readonly Run[], name: string): Points {
  const curves = runs.flatMap(({ curves: all }) => (all?.[name] === undefined ? [] : [all[name]]))
  if (curves.length === 0) return []
  return curves[0]!.x.map((x, i) => {
    const values = curves.map(({ y }) => Math.exp(y[i]!))
    return { x: x / 1000, y: mean(values), low: Math.min(...values), high: Math.max(...values) }
  })
}

/** Figure 4: perplexity against computation at inference, and what thresholds do in place of top k. */
export function adaptiveFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  const titles = describeArms(sizes)
  const of = (arm: ArmName): Run[] => runs.filter((run) => run.arm === arm)
  const main = of('adaptive-embedding')
  if (main.length === 0) return []
  const x = { label: 'Multiply–accumulates of a token, 10³' }
  const series = [
    { name: 'router', points: points(main, 'router') },
    { name: 'fixed repeats', points: points(main, 'prefix') },
    ...main
      .filter(({ seed }) => seed === 0)
      .map((run) => ({ name: 'paper’s levels, seed 0', points: points([run], 'levels') })),
    ...(['adaptive-block-universal', 'adaptive-fixed', 'adaptive'] as const).flatMap((arm) =>
      of(arm).length === 0 ? [] : [{ name: shortNames[arm], points: points(of(arm), 'router') }],
    ),
  ].filter(({ points: own }) => own.length > 0)
  const present = adaptiveArms.filter((arm) => of(arm).length > 0)
  return [
    {
      kind: 'line',
      id: 'budgets',
      title: 'Figure 4, small: perplexity against computation at inference',
      caption:
        'One trained model each, evaluated at many budgets. “Router”: each router lets a part c of its tokens through (c = 0, 0.2, 0.4, 0.6, 0.8, 1). “Fixed repeats”: all tokens of the same model take 1, 2, … repeats. The paper’s levels: a router lets a token on whose weight is at least 1 − level. The others are routers too: of an adaptive Block Universal, of a model trained with one capacity, and of one without depth embedding. Top-k routing sees the whole sequence, later tokens included, as in the paper.',
      x,
      y: { label: 'Perplexity' },
      ...(main.length > 1 ? { band: `range over ${main.length} seeds` } : {}),
      series,
    },
    {
      kind: 'table',
      id: 'budget-table',
      title: 'Budgets',
      caption:
        'Means over seeds, in nats a token: the loss at each budget c and at full computation. Gain: loss of the router less that of a fixed number of repeats at the same computation, mean of four budgets; below zero the router is better. Thresholds: causal routing at c = 0.6, calibrated on training text, less top k; and repeats taken less repeats wanted.',
      columns: [
        { title: 'Arm' },
        ...budgets.map((c) => ({ title: `c = ${c}`, digits: 4 })),
        { title: 'Full', digits: 4 },
        { title: 'Gain', digits: 4 },
        { title: 'Thresholds', digits: 4 },
        { title: 'Repeats', digits: 3 },
      ],
      rows: present.map((arm) => {
        const average = (metric: MetricName): number => mean(of(arm).map((run) => run.metrics[metric]))
        return [
          titles[arm].title,
          ...budgets.map((c) => average(`budget${c}`)),
          average('loss'),
          average('routerGain'),
          average('thresholdDrift'),
          average('thresholdDepth'),
        ]
      }),
    },
  ]
}
