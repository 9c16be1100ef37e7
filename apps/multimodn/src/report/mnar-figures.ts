import { type Figure, type LineFigure, mean } from '@lemanic/eval'
import { type ArmName, type MnarMethod, mnarMethods, positionArms } from '../arms.js'
import { bayesAuroc } from '../data/synthetic.js'
import { methods } from '../methods.js'
import type { Sizes } from '../options.js'
import { mnarMetric } from '../run-mnar.js'
import { meanInterval } from './intervals.js'
import type { Run } from './figures.js'
import { valuesOf } from './runs-of.js'

/** What lines show; the tables have all methods. */
const shown = [
  'sequential',
  'reference',
  'parallel',
  'parallel-ordered',
  'sequential-repaired',
  'parallel-repaired',
] as const satisfies readonly MnarMethod[]
const tests = ['intact', 'same', 'flipped'] as const
const titles = {
  intact: 'tested on intact rows',
  same: 'tested with the same missingness',
  flipped: 'tested with missingness flipped',
} as const

/** AUROC over the share of positives that lose a modality in training, for each test; tables of all methods. */
export function mnarFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...curves(runs, sizes, 'mnar', 'Synthetic'),
    ...table(runs, sizes, 'mnar', 'Synthetic: the strong modality goes missing', syntheticNote()),
    ...curves(runs, sizes, 'education', 'Project STAR'),
    ...table(runs, sizes, 'education', 'Project STAR: grade 2 goes missing, mathematics in grade 3 is predicted', ''),
    ...calibrationTable(runs, sizes),
  ]
}

function syntheticNote(): string {
  return `The best possible AUROC is ${bayesAuroc(['small', 'strong', 'wide']).toFixed(3)} with all three modalities and ${bayesAuroc(['small', 'wide']).toFixed(3)} without the strong one; more than that in “same” comes from the missingness itself. `
}

function curves(runs: readonly Run[], sizes: Sizes, prefix: 'mnar' | 'education', name: string): LineFigure[] {
  return tests.flatMap((test): LineFigure[] => {
    const series = shown.flatMap((method) => {
      const points = sizes.mnar.shares.flatMap((share) => {
        const values = valuesOf(runs, `${prefix}-${method}`, mnarMetric(test, share))
        if (values.length === 0) return []
        const [low, high] = values.length > 1 ? meanInterval(values) : [values[0]!, values[0]!]
        return [{ x: share, y: mean(values), low: Math.max(0, low), high: Math.min(1, high) }]
      })
      return points.length === 0 ? [] : [{ name: methods[method].title, points }]
    })
    if (series.length === 0) return []
    return [
      {
        kind: 'line',
        id: `${prefix}-${test}`,
        title: `${name}: ${titles[test]}`,
        ...(test === 'flipped'
          ? {
              caption:
                'In training positives lacked the modality, in this test negatives do. Below 0.5 a model is worse than a coin: it has learned the hole.',
            }
          : {}),
        x: { label: 'Share p of positives without the modality in training' },
        y: { label: 'AUROC' },
        band: '95 % interval of the mean',
        series,
      },
    ]
  })
}

function table(
  runs: readonly Run[],
  sizes: Sizes,
  prefix: 'mnar' | 'education',
  title: string,
  note: string,
): Figure[] {
  const shares = sizes.mnar.shares
  const columns = shares.flatMap((share) =>
    share === 0 ? [{ share, test: 'intact' as const }] : tests.map((test) => ({ share, test })),
  )
  const arms: [string, ArmName][] = [
    ...mnarMethods.map((method): [string, ArmName] => [methods[method].title, `${prefix}-${method}`]),
    ...(prefix === 'mnar'
      ? positionArms.map((arm): [string, ArmName] => [
          arm === 'mnar-first' ? 'MultiModN, samples skip, first' : 'MultiModN, samples skip, last',
          arm,
        ])
      : []),
  ]
  const rows = arms.flatMap(([name, arm]) => {
    if (!runs.some((run) => run.arm === arm && Object.keys(run.metrics).length > 0)) return []
    return [
      [
        name,
        ...columns.map(({ share, test }) => {
          const values = valuesOf(runs, arm, mnarMetric(test, share))
          if (values.length === 0) return null
          if (values.length === 1) return values[0]!.toFixed(3)
          const [low, high] = meanInterval(values)
          return `${mean(values).toFixed(3)} ± ${((high - low) / 2).toFixed(3)}`
        }),
      ],
    ]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: `${prefix}-table`,
      title,
      caption: `${note}AUROC, mean ± half the 95 % interval.`,
      columns: [
        { title: 'Method' },
        ...columns.map(({ share, test }) => ({ title: share === 0 ? 'p = 0' : `p = ${share}, ${test}` })),
      ],
      rows,
    },
  ]
}

function calibrationTable(runs: readonly Run[], sizes: Sizes): Figure[] {
  const share = sizes.mnar.shares.at(-1)!
  const rows = mnarMethods.flatMap((method) => {
    const cells = tests.map((test) => {
      const values = valuesOf(runs, `mnar-${method}`, `calibration ${mnarMetric(test, share)}`)
      return values.length === 0 ? null : mean(values)
    })
    return cells.every((cell) => cell === null) ? [] : [[methods[method].title, ...cells]]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'table',
      id: 'calibration',
      title: `Synthetic, p = ${share}: calibration error within patterns of missing modalities`,
      caption:
        'Expected calibration error, averaged over patterns by their rows. A model that has learned the hole is calibrated in “same” and far off elsewhere.',
      columns: [{ title: 'Method' }, ...tests.map((test) => ({ title: test, digits: 3 }))],
      rows,
    },
  ]
}
