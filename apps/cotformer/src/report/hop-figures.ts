import { curveFigure, type Figure, type FinishedRun, mean } from '@lemanic/eval'
import { type ArmName, describeArms, hopArms } from '../arms.js'
import type { HopMetric, MetricName } from '../metrics.js'
import type { CotformerOptions } from '../options.js'

type Run = FinishedRun<ArmName, MetricName>
type Sizes = Omit<CotformerOptions, 'corpus'>

/** The p-hop probe: accuracy by hops for each model, and how its loss fell. */
export function hopFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  const { hop } = sizes
  const descriptions = describeArms(sizes)
  const present = hopArms.filter((arm) => runs.some((run) => run.arm === arm))
  if (present.length === 0) return []
  const titles = Object.fromEntries(present.map((arm) => [arm, descriptions[arm].title]))
  const chance = 1 / (hop.symbols - 1)
  return [
    curveFigure(runs, {
      id: 'hop-accuracy',
      title: 'p-hop: accuracy by number of hops',
      caption: `Sequences of ${hop.length} symbols from an alphabet of ${hop.symbols}; every place asks for the symbol that p hops lead to. Guessing among the other symbols gives ${chance.toFixed(2)}.`,
      curve: 'hopAccuracy',
      titles,
      x: { label: 'Hops' },
      y: { label: 'Accuracy', domain: [0, 1] },
    }),
    curveFigure(runs, {
      id: 'hop-loss',
      title: 'p-hop: test loss while training',
      curve: 'hopLoss',
      titles,
      x: { label: 'Step' },
      y: { label: 'Nats an answer' },
    }),
    {
      kind: 'table',
      id: 'hop-table',
      title: 'p-hop: accuracy',
      caption:
        'Means over seeds. The Southampton reproduction of the paper found, at 32 hops, 256 symbols and one seed: one layer 0.468, six layers 0.613, Block Universal 1 × 6 0.660, CoTFormer 1 × 6 0.662.',
      columns: [
        { title: 'Model' },
        ...hop.hops.map((p) => ({ title: `${p} ${p === 1 ? 'hop' : 'hops'}`, digits: 3 })),
        { title: 'Mean', digits: 3 },
      ],
      rows: present.map((arm) => {
        const own = runs.filter((run) => run.arm === arm)
        const average = (metric: MetricName): number => mean(own.map((run) => run.metrics[metric]))
        return [
          descriptions[arm].title,
          ...hop.hops.map((p) => average(`accuracy${p}` as HopMetric)),
          average('accuracy'),
        ]
      }),
    },
  ]
}
