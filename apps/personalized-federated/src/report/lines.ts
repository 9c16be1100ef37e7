import { type Figure, type HeatmapFigure, type LineFigure, mean, pairedTTest } from '@lemanic/eval'
import {
  attackMetric,
  blobAttacks,
  passesNeededMetric,
  passMetric,
  radii,
  radiusMetric,
  shares,
  sizeMetric,
} from '../blobs/run-blobs.js'
import type { Sizes } from '../options.js'
import {
  attackedMetric,
  attackedRules,
  followedAttacks,
  otherAttackers,
  otherAttacks,
  type AttackedRule,
} from '../regression/run-byzantine.js'
import { matrixAttacks, matrixMetric, matrixRules } from '../regression/run-matrix.js'
import { meanOf, type Run, runsOf } from './tables.js'

type Point = LineFigure['series'][number]['points'][number]

/** Mean of a metric with a 95 % t interval over seeds, on the log scale where all are positive. */
function point(runs: readonly Run[], arm: string, metric: string, x: number): Point[] {
  const values = runsOf(runs, arm).map(({ metrics }) => Math.log(Math.max(metrics[metric]!, 1e-12)))
  if (values.length === 0) return []
  const y = Math.exp(mean(values))
  if (values.length < 2 || values.every((value) => value === values[0])) return [{ x, y }]
  const [low, high] = pairedTTest(
    values,
    values.map(() => 0),
  ).confidenceInterval
  return [{ x, y, low: Math.exp(low), high: Math.exp(high) }]
}

const band = '95 % t interval of the geometric mean over seeds'

/** Federated-Clustering over the quantile and the passes. */
export function sweepFigures(runs: readonly Run[], { regression }: Sizes): LineFigure[] {
  if (runsOf(runs, 'sweeps').length === 0) return []
  return [
    {
      kind: 'line',
      id: 'quantiles',
      title: 'Federated-Clustering over the quantile of its radius',
      caption: `The share of a cluster is δ = ${1 / regression.clusters}: beyond it the ball must hold strangers.`,
      x: { label: 'quantile q' },
      y: { label: '‖θ* − x‖', scale: 'log' },
      band,
      series: [
        {
          name: 'FC',
          points: regression.quantiles.flatMap((q, at) => point(runs, 'sweeps', `error quantile ${at}`, q)),
        },
      ],
    },
    {
      kind: 'line',
      id: 'passes',
      title: 'Federated-Clustering over the passes of threshold clustering',
      caption: `q = ${regression.quantile}. A pass moves a centre by the share of points inside: one pass is far from enough.`,
      x: { label: 'passes L', scale: 'log' },
      y: { label: '‖θ* − x‖', scale: 'log' },
      band,
      series: [
        { name: 'FC', points: regression.passes.flatMap((l, at) => point(runs, 'sweeps', `error passes ${at}`, l)) },
      ],
    },
  ]
}

const ruleTitles: Readonly<Record<AttackedRule, string>> = {
  'fc quantile': 'FC, quantile radius',
  'fc fixed': 'FC, fixed radius',
  global: 'Global',
}

/** Break-point curves of the regression, and the other attacks as a table. */
export function byzantineFigures(runs: readonly Run[], { regression }: Sizes): Figure[] {
  if (runsOf(runs, 'byzantine').length === 0) return []
  const { attackers, clusters, clientsPerCluster, attackedQuantile } = regression
  const honest = clusters * clientsPerCluster
  const curves = followedAttacks.map(
    (attack): LineFigure => ({
      kind: 'line',
      id: `attack-${attack.replace(' ', '-')}`,
      title: `Regression: error over the share of attackers, ${attack}`,
      caption:
        attack === 'duplicates'
          ? `All attackers send one vector near their victim. The quantile radius (q = ${attackedQuantile}) always admits so many points: once attackers are as many, they fill the ball.`
          : `q = ${attackedQuantile}; the share of a cluster among the honest is ${1 / clusters}.`,
      x: { label: 'share of attackers β' },
      y: { label: '‖θ* − x‖ of honest clients', scale: 'log' },
      band,
      series: attackedRules.map((rule) => ({
        name: ruleTitles[rule],
        points: attackers.flatMap((count, at) =>
          point(runs, 'byzantine', attackedMetric(rule, attack, at), count / (honest + count)),
        ),
      })),
    }),
  )
  const at = otherAttackers(regression)
  return [
    ...curves,
    {
      kind: 'table',
      id: 'attacks',
      title: `Regression: error with ${attackers[at]} attackers among ${honest + attackers[at]!}`,
      caption: 'Means over seeds; 10⁶ stands for what diverged.',
      columns: [{ title: 'Attack' }, ...attackedRules.map((rule) => ({ title: ruleTitles[rule], digits: 2 }))],
      rows: [
        ['none', ...attackedRules.map((rule) => meanOf(runs, 'byzantine', attackedMetric(rule, 'bit flip', 0)))],
        ...[...followedAttacks, ...otherAttacks].map((attack) => [
          attack,
          ...attackedRules.map((rule) => meanOf(runs, 'byzantine', attackedMetric(rule, attack, at))),
        ]),
      ],
    },
  ]
}

/** Words that fit below a column. */
const shortNames: Readonly<Record<string, string>> = {
  'large gradient': 'large',
  'bit flip': 'bits',
  'label flip': 'labels',
  'edge of ball': 'edge',
  duplicates: 'twins',
}

/** Attack × rule at each heterogeneity. */
export function matrixFigures(runs: readonly Run[], { matrix }: Sizes): HeatmapFigure[] {
  if (runsOf(runs, 'matrix').length === 0) return []
  const [rules, attacks] = [Object.keys(matrixRules), Object.keys(matrixAttacks)]
  return matrix.heterogeneity.map((scale, level) => ({
    kind: 'heatmap',
    id: `matrix-${level}`,
    title: `Attack × rule, ${scale === 0 ? 'one cluster' : `four clusters, ‖θ*‖ = ${scale}`}`,
    caption: `log₁₀ of the distance of the one model from that of the honest clients’ mean, mean over seeds; 2 stands for 100 and more. ${matrix.attackers} of ${matrix.clients} attack; rules that need the number are told. Columns: large gradients, flipped bits, flipped labels, … duplicates (twins). Under no attack the mean is not 0, since it counts the data of all ${matrix.clients}.`,
    x: { label: 'attack', values: attacks.map((attack) => shortNames[attack] ?? attack) },
    y: { label: 'rule', values: rules },
    value: { label: 'log₁₀ distance', digits: 1 },
    cells: rules.map((rule) =>
      attacks.map((attack) =>
        mean(
          runsOf(runs, 'matrix').map(({ metrics }) =>
            Math.log10(Math.min(Math.max(metrics[matrixMetric(rule, attack, level)]!, 1e-6), 100)),
          ),
        ),
      ),
    ),
  }))
}

/** Random starts of IFCA and FC. */
export function startFigures(runs: readonly Run[]): Figure[] {
  const found = runsOf(runs, 'starts')
  if (found.length === 0) return []
  const row = (name: string, sample: 'ifca' | 'fc') => {
    const values = found.flatMap(({ samples }) => samples?.[sample] ?? [])
    return { name, values, mean: mean(values) }
  }
  return [
    {
      kind: 'points',
      id: 'starts',
      title: 'Random starts on the same data',
      caption: 'A mark is a start at a seed. IFCA merges clusters when two of its models start near one.',
      x: { label: '‖θ* − x‖', scale: 'log' },
      rows: [row('IFCA', 'ifca'), row('Federated-Clustering', 'fc')],
    },
  ]
}

/** Threshold clustering alone. */
export function blobFigures(runs: readonly Run[], { blobs }: Sizes): Figure[] {
  if (runsOf(runs, 'blobs').length === 0) return []
  const y = { label: 'squared error of the centre', scale: 'log' as const }
  const curve = (name: string, metric: (at: number) => string, xs: readonly number[]) => ({
    name,
    points: xs.flatMap((x, at) => point(runs, 'blobs', metric(at), x)),
  })
  return [
    {
      kind: 'line',
      id: 'blobs-size',
      title: 'Threshold clustering alone: squared error over the size of clusters',
      caption: 'Four clusters 8 apart in ten dimensions, σ = 1, τ = √(σΔ), 60 passes. The line of theory is σ²/n_i.',
      x: { label: 'points of a cluster n_i', scale: 'log' },
      y,
      band,
      series: [
        curve('τ = √(σΔ)', sizeMetric, blobs.clusterSizes),
        { name: 'mean of the cluster', points: blobs.clusterSizes.map((x) => ({ x, y: 1 / x })) },
      ],
    },
    {
      kind: 'line',
      id: 'blobs-passes',
      title: 'Threshold clustering alone: squared error over passes',
      x: { label: 'passes', scale: 'log' },
      y,
      band,
      series: [curve('τ = √(σΔ), n_i = 25', passMetric, blobs.passes)],
    },
    ...blobAttacks.map(
      (attack): LineFigure => ({
        kind: 'line',
        id: `blobs-${attack.replace(' ', '-')}`,
        title: `Threshold clustering alone: squared error over the share of attackers, ${attack}`,
        caption:
          attack === 'duplicates'
            ? 'Identical vectors near the victim capture the ball of a quantile once they are as many as it holds; a fixed radius does not care.'
            : attack === 'edge'
              ? 'All attackers sit at 0.999 τ from the victim: the worst that the theorem allows, and linear in β.'
              : 'Far points are never inside a fixed ball.',
        x: { label: 'share of attackers β' },
        y,
        band,
        series: [
          curve('τ = √(σΔ)', (at) => attackMetric('theory', attack, at), shares),
          curve('20 % quantile', (at) => attackMetric('quantile 0.2', attack, at), shares),
        ],
      }),
    ),
    {
      kind: 'table',
      id: 'blobs-radii',
      title: 'Threshold clustering alone: radii, and passes over spread',
      caption: `Above: squared error, n_i = 25, K = 4, ${blobs.passes.at(-1)} passes. Below: passes that leave a tenth of the gain, ten clusters of nine points 20 apart, q = 0.1 (Figure 7).`,
      columns: [
        { title: 'Radius, or standard deviation' },
        { title: 'Squared error', digits: 3 },
        { title: 'Passes', digits: 1 },
      ],
      rows: [
        ...radii.map((radius) => [radius, meanOf(runs, 'blobs', radiusMetric(radius)), null]),
        ...blobs.spreads.map((spread, at) => [
          `standard deviation ${spread}`,
          null,
          meanOf(runs, 'blobs', passesNeededMetric(at)),
        ]),
      ],
    },
  ]
}
