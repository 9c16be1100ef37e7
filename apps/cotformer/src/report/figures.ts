import {
  curveFigure,
  type Figure,
  type FinishedRun,
  type LineFigure,
  metricFigure,
  mean,
  median,
  pairedTTest,
  type TableFigure,
} from '@lemanic/eval'
import { countMultiplyAccumulates, countParameters } from '@lemanic/transformer'
import { type ArmName, describeArms, isHop, mainArms, modelOptions } from '../arms.js'
import { equivalenceMargin } from '../claims.js'
import type { MetricName } from '../metrics.js'
import type { CotformerOptions } from '../options.js'
import { adaptiveFigures } from './adaptive-figures.js'
import { hopFigures } from './hop-figures.js'
import { pictureFigures } from './picture-figures.js'
import { equalComputation, tableFigures } from './table-figures.js'

type Run = FinishedRun<ArmName, MetricName>
type Sizes = Omit<CotformerOptions, 'corpus'>

/** Perplexity at equal steps and at equal computation, where the loss comes from, and what each arm costs. */
export function figures(all: readonly Run[], sizes: Sizes): Figure[] {
  const runs = all.filter(({ arm }) => !isHop(arm))
  return runs.length === 0 ? hopFigures(all, sizes) : [...textFigures(runs, sizes), ...hopFigures(all, sizes)]
}

/** Titles of the arms that ran, in the study's order. */
function titlesOf(runs: readonly Run[], sizes: Sizes): Record<string, string> {
  const present = new Set(runs.map((run) => run.arm))
  return Object.fromEntries(
    Object.entries(describeArms(sizes)).flatMap(([arm, { title }]) =>
      present.has(arm as ArmName) ? [[arm, title]] : [],
    ),
  )
}

function textFigures(all: readonly Run[], sizes: Sizes): Figure[] {
  const allTitles = titlesOf(all, sizes)
  const runs = all.filter(({ arm }) => (mainArms as readonly string[]).includes(arm)) // curves: more would be a thicket
  const titles = titlesOf(runs, sizes)
  return [
    ...curves(runs, {
      id: 'perplexity-by-step',
      title: 'Perplexity while training',
      caption: `Validation perplexity at equal steps, ${sizes.batchSize * sizes.contextLength} tokens each. Every arm sees the same batches in the same order.`,
      curve: 'perplexityByStep',
      titles,
      x: { label: 'Step' },
      y: { label: 'Perplexity', scale: 'log', ...laterPart(runs) },
    }),
    ...gapByStep(runs, titles),
    ...curves(runs, {
      id: 'perplexity-by-compute',
      title: 'The same by computation spent',
      caption:
        'Multiply–accumulates of all training steps so far (three forward passes each): a repeated model has taken fewer steps than the standard one at the same place of the axis.',
      curve: 'perplexityByCompute',
      titles,
      x: { label: 'Training computation, 10⁹ multiply–accumulates', scale: 'log' },
      y: { label: 'Perplexity', scale: 'log', ...laterPart(runs) },
    }),
    ...differences(all),
    ...tableFigures(all, sizes),
    ...adaptiveFigures(all, sizes),
    ...pictureFigures(all, sizes),
    metricFigure(all, {
      id: 'loss-by-arm',
      title: 'Final loss of every arm',
      caption:
        'Lower is better. The spread between seeds is wider than that of the paired differences above: seeds share their difficulty.',
      metric: 'loss',
      titles: allTitles,
      x: { label: 'Validation loss, nats a token' },
    }),
    ...equalComputation(all, sizes),
    costTable(all, sizes, allTitles),
    ...curves(runs, {
      id: 'training-loss',
      title: 'Training loss',
      caption:
        'Mean over windows of steps; above the validation loss of the same moment only by the difference of the texts.',
      curve: 'trainingLoss',
      titles,
      x: { label: 'Step' },
      y: { label: 'Training loss, nats a token' },
    }),
  ]
}

/** The curves of the runs there are: a study that was stopped early may have none of these arms yet. */
function curves(runs: readonly Run[], options: Parameters<typeof curveFigure>[1]): LineFigure[] {
  return runs.length === 0 ? [] : [curveFigure(runs, options)]
}

/** Limits of the perplexity axis that leave out the first quarter of training, where every arm falls alike. */
function laterPart(runs: readonly Run[]): { domain?: [number, number] } {
  const values = runs.flatMap(({ curves }) => {
    const y = curves?.perplexityByStep?.y ?? []
    return y.slice(Math.ceil(y.length / 4))
  })
  return values.length < 2 ? {} : { domain: [0.97 * Math.min(...values), 1.03 * Math.max(...values)] }
}

/** The difference of each arm to Block Universal at the same seed and step: too small to see between the curves. */
function gapByStep(runs: readonly Run[], titles: Readonly<Record<string, string>>): LineFigure[] {
  const reference = new Map(runs.flatMap((run) => (run.arm === 'block-universal' ? [[run.seed, run]] : [])))
  const gaps = runs.flatMap((run) => {
    const own = run.curves?.perplexityByStep
    const other = reference.get(run.seed)?.curves?.perplexityByStep
    if (own === undefined || other === undefined || run.arm === 'block-universal') return []
    const y = own.y.map((value, index) => Math.log(value / other.y[index]!))
    return [{ ...run, curves: { gap: { x: own.x.slice(1), y: y.slice(1) } } }]
  })
  if (gaps.length === 0) return []
  return [
    curveFigure(gaps, {
      id: 'gap-by-step',
      title: 'The gap to Block Universal',
      caption:
        'Difference of validation loss to Block Universal at the same seed and step; below zero an arm is better.',
      curve: 'gap',
      titles: Object.fromEntries(Object.entries(titles).filter(([arm]) => arm !== 'block-universal')),
      x: { label: 'Step' },
      y: { label: 'Difference of loss, nats a token' },
    }),
  ]
}

/** Pairs whose difference is a named change. */
const pairs: readonly { readonly name: string; readonly arm: ArmName; readonly against: ArmName }[] = [
  { name: 'Block Universal − standard', arm: 'block-universal', against: 'standard' },
  { name: 'CoTFormer − Block Universal', arm: 'cotformer', against: 'block-universal' },
  { name: 'LN-CoTFormer − CoTFormer', arm: 'ln-cotformer', against: 'cotformer' },
  { name: 'LN-CoTFormer − Block Universal', arm: 'ln-cotformer', against: 'block-universal' },
  { name: 'LN-CoTFormer − standard', arm: 'ln-cotformer', against: 'standard' },
  { name: 'Untied − CoTFormer', arm: 'untied', against: 'cotformer' },
  { name: 'Untied − LN-CoTFormer', arm: 'untied', against: 'ln-cotformer' },
  { name: 'CoTFormer − Block Universal, 2 repeats', arm: 'cotformer-x2', against: 'block-universal-x2' },
  { name: 'CoTFormer − Block Universal, 5 repeats', arm: 'cotformer-x5', against: 'block-universal-x5' },
  { name: 'Reserved layers + norm − reserved layers', arm: 'ln-reserved', against: 'reserved' },
  { name: 'Reserved, fixed repeats: depth embedding − none', arm: 'ln-reserved-embedding', against: 'ln-reserved' },
  { name: 'Reserved, adaptive: depth embedding − none', arm: 'adaptive-embedding', against: 'adaptive' },
  { name: 'Adaptive − fixed repeats, full computation', arm: 'adaptive-embedding', against: 'ln-reserved-embedding' },
  { name: 'CoTFormer, 5 repeats − 4 pause tokens', arm: 'cotformer-x5', against: 'pause-tokens' },
]

function differences(runs: readonly Run[]): Figure[] {
  const lossOf = new Map(runs.map((run) => [`${run.arm} ${run.seed}`, run.metrics.loss]))
  const seeds = [...new Set(runs.map((run) => run.seed))]
  const rows = pairs.flatMap(({ name, arm, against }) => {
    const both = seeds.flatMap((seed) => {
      const own = lossOf.get(`${arm} ${seed}`)
      const other = lossOf.get(`${against} ${seed}`)
      return own === undefined || other === undefined ? [] : [{ own, other }]
    })
    if (both.length === 0) return []
    const values = both.map(({ own, other }) => own - other)
    const test =
      values.length > 1
        ? pairedTTest(
            values,
            values.map(() => 0),
          )
        : undefined
    return [
      {
        name,
        values,
        mean: mean(values),
        ...(test === undefined ? {} : { interval: [...test.confidenceInterval] as [number, number] }),
      },
    ]
  })
  if (rows.length === 0) return []
  return [
    {
      kind: 'paired',
      id: 'differences',
      title: 'What each change does to the loss',
      caption:
        'Differences of validation loss at the same seed; below zero the first is better. Block Universal − standard is repeating the layers; CoTFormer − Block Universal adds attention to earlier repeats; LN-CoTFormer − CoTFormer adds the layer norm; untied gives every layer its own weights. Only the claims carry verdicts.',
      x: { label: 'Difference of validation loss, nats a token' },
      margin: equivalenceMargin,
      rows,
    },
  ]
}

function costTable(runs: readonly Run[], sizes: Sizes, titles: Readonly<Record<string, string>>): TableFigure {
  const rows = Object.entries(titles).map(([arm, title]) => {
    const model = modelOptions(arm as ArmName, sizes)
    const parameters = countParameters(model)
    const macs = countMultiplyAccumulates(model, { tokens: sizes.contextLength, logits: 'all' })
    const own = runs.filter((run) => run.arm === arm)
    const seconds = median(own.map((run) => run.seconds))
    const tokensPerSecond = (sizes.steps * sizes.batchSize * sizes.contextLength) / seconds
    return [
      title,
      parameters.blocks / 1000,
      parameters.total / 1000,
      macs.total / sizes.contextLength / 1000,
      (100 * macs.attention) / macs.total,
      seconds,
      Math.round(tokensPerSecond),
      mean(own.map((run) => run.metrics.loss)),
      mean(own.map((run) => run.metrics.perplexity)),
    ]
  })
  return {
    kind: 'table',
    id: 'cost',
    title: 'What each arm costs',
    caption:
      'MACs: multiply–accumulates of a forward pass for one token, with logits at every position; layer parameters: all but the embedding; seconds are the median over seeds of one run with its evaluations, one process a run.',
    columns: [
      { title: 'Arm' },
      { title: 'Layer parameters, 10³', digits: 1 },
      { title: 'Parameters, 10³', digits: 1 },
      { title: 'MACs a token, 10³', digits: 1 },
      { title: 'Attention, % of them', digits: 1 },
      { title: 'Seconds', digits: 1 },
      { title: 'Tokens/s', digits: 0 },
      { title: 'Loss', digits: 4 },
      { title: 'Perplexity', digits: 2 },
    ],
    rows,
  }
}
