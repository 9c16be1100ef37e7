import { type Figure, type FinishedRun, mean, standardError, type TableFigure } from '@lemanic/eval'
import { type ArmName, describeArms, modelOptions } from '../arms.js'
import { interpolate } from '../measure-budgets.js'
import { trainingMacsPerToken } from '../measure-run.js'
import type { MetricName } from '../metrics.js'
import type { CotformerOptions } from '../options.js'

type Run = FinishedRun<ArmName, MetricName>
type Sizes = Omit<CotformerOptions, 'corpus'>

/** Mean perplexity of an arm and its standard error, as the paper prints them. */
function cell(runs: readonly Run[], arm: ArmName): string | null {
  const values = runs.filter((run) => run.arm === arm).map((run) => run.metrics.perplexity)
  if (values.length === 0) return null
  return values.length === 1
    ? values[0]!.toFixed(2)
    : `${mean(values).toFixed(2)} (${standardError(values).toFixed(2)})`
}

interface Row {
  readonly name: string
  readonly arm: ArmName
  readonly paper: string
}

function listed(runs: readonly Run[], id: string, title: string, caption: string, rows: readonly Row[]): TableFigure[] {
  const found = rows.flatMap(({ name, arm, paper }) => {
    const ours = cell(runs, arm)
    const repeats = runs.filter((run) => run.arm === arm).map((run) => run.metrics.averageRepeats)
    return ours === null ? [] : [[name, ours, repeats[0] === undefined ? null : mean(repeats), paper]]
  })
  if (found.length < 2) return []
  const columns = [
    { title: 'Model' },
    { title: 'Ours, perplexity' },
    { title: 'Repeats a token', digits: 2 },
    { title: 'Paper, perplexity' },
  ]
  const known = columns.map((_, column) => found.some((row) => row[column] !== null))
  const shown = <T>(row: readonly T[]): T[] => row.filter((_, column) => known[column])
  return [{ kind: 'table', id, title, caption, columns: shown(columns), rows: found.map(shown) }]
}

/** The paper's tables 1, 2, 4, 5 and 6 with our small models in their cells; nothing for a preset without them. */
export function tableFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  if (!runs.some(({ arm }) => arm === 'other-standard')) return []
  const { layers, otherLayers, deepLayers } = sizes
  const wide = (own: 'other-' | '', name: number): (string | null)[] => [
    `${name} ${name === 1 ? 'layer' : 'layers'}`,
    cell(runs, `${own}standard`),
    ...(['block-universal', 'cotformer'] as const).flatMap((kind) =>
      ([2, 3, 5] as const).map((times) =>
        cell(runs, own === '' && times === 3 ? kind : (`${own}${kind}-x${times}` as ArmName)),
      ),
    ),
  ]
  const rows = [wide('other-', otherLayers), wide('', layers)].sort((a, b) => parseInt(a[0]!) - parseInt(b[0]!))
  const deep = [`${deepLayers} layers`, cell(runs, 'deep-standard'), ...new Array<null>(6).fill(null)]
  const name = describeArms(sizes)
  const row = (arm: ArmName, paper: string): Row => ({ name: name[arm].title, arm, paper })
  return [
    {
      kind: 'table',
      id: 'table-1',
      title: 'Table 1, small',
      caption:
        'Perplexity, in parentheses the standard error over seeds. The paper has, for 12 layers: 28.39; 27.74, 27.47, 27.15; 27.55, 27.07, 26.64. For 24: 25.93; 25.47, 25.19, 24.95; 25.28, 24.85, 24.48. For 48: 24.17.',
      columns: ['', 'Standard', 'BUT × 2', '× 3', '× 5', 'CoTFormer × 2', '× 3', '× 5'].map((title) => ({ title })),
      rows: [...rows, deep],
    },
    ...listed(
      runs,
      'table-2',
      'Table 2, small: reserved layers and the norm between repeats',
      'Perplexity; the paper’s models have 48, 24 × 5 and 2→21 × 5→1 layers.',
      [
        row('untied', '24.17 (.00)'),
        row('distinct-cotformer', '24.48 (.03)'),
        row('reserved', '24.51 (.01)'),
        row('ln-reserved', '24.11 (.03)'),
      ],
    ),
    ...listed(runs, 'table-4', 'Table 4, small: depth embedding', 'Perplexity at full computation.', [
      row('adaptive', '25.08 (.03)'),
      row('adaptive-embedding', '24.94 (.01)'),
      row('ln-reserved', '24.11 (.03)'),
      row('ln-reserved-embedding', '24.17 (.08)'),
    ]),
    ...listed(
      runs,
      'table-5',
      'Table 5, small: ways to halt, on Block Universal',
      'Perplexity; Mixture of Repeats at full computation, PonderNet with exits drawn. Repeats a token as evaluated here.',
      [row('stick-breaking', '33.82'), row('ponder-net', '41.37'), row('adaptive-block-universal', '33.08')],
    ),
    ...listed(
      runs,
      'table-6',
      'Table 6, small: pause tokens',
      'Perplexity; each but the first applies a layer five times as often as the standard model.',
      [
        row('standard', '25.93 (.02)'),
        row('pause-tokens', '25.05 (.03)'),
        row('block-universal-x5', '24.95 (.01)'),
        row('cotformer-x5', '24.48 (.03)'),
      ],
    ),
  ]
}

/** Loss of every arm after the same steps, and after the computation of the whole training of the standard model. */
export function equalComputation(runs: readonly Run[], sizes: Sizes): Figure[] {
  if (!runs.some(({ arm }) => arm === 'standard')) return []
  const { steps, batchSize, contextLength } = sizes
  const giga = (arm: ArmName): number =>
    (3 * steps * batchSize * contextLength * trainingMacsPerToken(modelOptions(arm, sizes))) / 1e9
  const budget = giga('standard')
  const rows = Object.entries(describeArms(sizes)).flatMap(([arm, { title }]) => {
    const own = runs.filter((run) => run.arm === arm)
    const curves = own.flatMap(({ curves: all }) =>
      all?.perplexityByCompute === undefined ? [] : [all.perplexityByCompute],
    )
    if (own.length === 0 || curves.length === 0) return []
    const reaches = curves.every(({ x }) => x.length > 1 && x[0]! <= budget && x.at(-1)! >= budget * (1 - 1e-9))
    const at = reaches
      ? mean(curves.map(({ x, y }) => interpolate({ x: [...x], y: y.map(Math.log) }, Math.min(budget, x.at(-1)!))))
      : null
    return [
      [
        title,
        mean(own.map((run) => run.metrics.loss)),
        giga(arm as ArmName),
        Math.round((100 * steps * budget) / giga(arm as ArmName)) / 100,
        at,
      ],
    ]
  })
  return [
    {
      kind: 'table',
      id: 'equal-computation',
      title: 'At equal steps, and at equal computation',
      caption: `The last column is read off the validation curve (on fewer sequences than the loss) where an arm has spent what the whole training of the standard model takes, ${budget.toFixed(0)} · 10⁹ multiply–accumulates. Its learning rate is still high there: a schedule of that length would do better. Empty where the curve does not reach so far, or begins after it.`,
      columns: [
        { title: 'Arm' },
        { title: `Loss after ${steps} steps`, digits: 4 },
        { title: '10⁹ MACs in all', digits: 0 },
        { title: 'Steps at equal MACs', digits: 0 },
        { title: 'Loss there', digits: 3 },
      ],
      rows,
    },
  ]
}
