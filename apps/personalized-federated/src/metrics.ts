import type { MetricDefinition } from '@lemanic/eval'
import {
  attackMetric,
  blobAttacks,
  passesNeededMetric,
  passMetric,
  radii,
  radiusMetric,
  shares,
  sizeMetric,
} from './blobs/run-blobs.js'
import { presetSizes } from './options.js'
import { attackedMetric, attackedRules, followedAttacks, otherAttacks } from './regression/run-byzantine.js'
import { matrixAttacks, matrixMetric, matrixRules } from './regression/run-matrix.js'

const sizes = Object.values(presetSizes)
const most = (count: (size: (typeof sizes)[number]) => number): number[] =>
  Array.from({ length: Math.max(...sizes.map(count)) }, (_, i) => i)

/** Numbers on which claims and figures rest and which the table of arms leaves out. */
const detailNames: readonly string[] = [
  ...most(({ regression }) => regression.others.length).map((at) => `error size ${at}`),
  ...most(({ regression }) => regression.quantiles.length).map((at) => `error quantile ${at}`),
  ...most(({ regression }) => regression.passes.length).map((at) => `error passes ${at}`),
  'spread ifca',
  'spread fc',
  ...attackedRules.flatMap((rule) =>
    [...followedAttacks, ...otherAttacks].flatMap((attack) =>
      most(({ regression }) => regression.attackers.length).map((at) => attackedMetric(rule, attack, at)),
    ),
  ),
  ...Object.keys(matrixRules).flatMap((rule) =>
    Object.keys(matrixAttacks).flatMap((attack) =>
      most(({ matrix }) => matrix.heterogeneity.length).map((level) => matrixMetric(rule, attack, level)),
    ),
  ),
  ...radii.map(radiusMetric),
  ...most(({ blobs }) => blobs.clusterSizes.length).map(sizeMetric),
  'slope over size',
  ...most(({ blobs }) => blobs.passes.length).map(passMetric),
  ...(['theory', 'quantile 0.2'] as const).flatMap((radius) =>
    blobAttacks.flatMap((attack) => shares.map((_, at) => attackMetric(radius, attack, at))),
  ),
  ...most(({ blobs }) => blobs.spreads.length).map(passesNeededMetric),
  ...['local', 'fc large gradient', 'fc bit flip', 'global large gradient', 'global bit flip'].map(
    (name) => `accuracy, ${name}`,
  ),
]

const optional = { optional: true } as const

/** What every run returns, as far as it applies to its arm. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  accuracy: { title: 'Accuracy', unit: '%', better: 'higher', digits: 1, ...optional },
  'worst accuracy': { title: 'Accuracy, worst tenth of clients', unit: '%', better: 'higher', digits: 1, ...optional },
  loss: { title: 'Loss', unit: 'nats', better: 'lower', digits: 3, ...optional },
  error: { title: '‖θ* − x‖', unit: '', better: 'lower', digits: 3, ...optional },
  'worst error': { title: '‖θ* − x‖, worst tenth', unit: '', better: 'lower', digits: 3, ...optional },
  precision: { title: 'In the ball: of the own cluster', unit: '', better: 'higher', digits: 2, ...optional },
  recall: { title: 'Of the own cluster: in the ball', unit: '', better: 'higher', digits: 2, ...optional },
  'rand index': { title: 'Adjusted Rand index', unit: '', better: 'higher', digits: 2, ...optional },
  gradients: { title: 'Gradients a client', unit: '', better: 'lower', digits: 0, ...optional },
  megabytes: { title: 'Sent a client', unit: 'MB', better: 'lower', digits: 2, ...optional },
  ...Object.fromEntries(
    detailNames.map((name): [string, MetricDefinition] => [
      name,
      { title: name, unit: '', better: 'neither', optional: true, detail: true },
    ]),
  ),
}
