import type { MetricDefinition } from '@lemanic/eval'
import { taskTitles, tasksOfFamily } from './data/family.js'
import { completeSizes } from './options.js'
import { digitShares } from './run-digits.js'
import { mnarMetric } from './run-mnar.js'

const auroc = (title: string, detail = true): MetricDefinition => ({
  title,
  unit: '',
  better: 'higher',
  optional: true,
  digits: 3,
  ...(detail ? { detail } : {}),
})

const tasks = Object.values(tasksOfFamily).flat()
const shares = completeSizes.mnar.shares
const tests = ['intact', 'same', 'flipped'] as const

/** What runs return, as far as it applies to their arm. AUROCs are on held-out rows. */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  'auroc mean': auroc('AUROC, ten tasks', false),
  'auroc synthetic': auroc('AUROC, synthetic', false),
  'intact 90': auroc('AUROC intact, p = 0.9', false),
  'same 90': auroc('same, p = 0.9', false),
  'flipped 90': auroc('flipped, p = 0.9', false),
  'accuracy 0': { title: 'Digits, whole', unit: '%', better: 'higher', optional: true, digits: 1 },
  'loss slope': { title: 'Loss a modality', unit: 'nats', better: 'lower', optional: true, digits: 4 },
  'largest step': {
    title: 'Largest change of the loss by a modality',
    unit: 'nats',
    better: 'lower',
    optional: true,
    digits: 4,
    detail: true,
  },
  ...Object.fromEntries(
    tasks.flatMap((task): [string, MetricDefinition][] => [
      [`auroc ${task}`, auroc(`AUROC: ${taskTitles[task]}`)],
      [`balanced ${task}`, auroc(`Balanced accuracy: ${taskTitles[task]}`)],
      [
        `slope ${task}`,
        { title: `Loss a modality: ${taskTitles[task]}`, unit: 'nats', better: 'lower', optional: true, detail: true },
      ],
    ]),
  ),
  ...Object.fromEntries(
    shares.flatMap((share) =>
      tests.flatMap((test): [string, MetricDefinition][] => [
        ...(share === 0.9
          ? []
          : [[mnarMetric(test, share), auroc(`AUROC ${test}, p = ${share}`)] as [string, MetricDefinition]]),
        [
          `calibration ${mnarMetric(test, share)}`,
          { title: `Calibration error ${test}, p = ${share}`, unit: '', better: 'lower', optional: true, detail: true },
        ],
      ]),
    ),
  ),
  ...Object.fromEntries(
    digitShares.slice(1).map((share) => [
      `accuracy ${100 * share}`,
      {
        title: `Digits, ${100 * share} % of quadrants missing`,
        unit: '%',
        better: 'higher',
        optional: true,
        digits: 1,
        detail: true,
      },
    ]),
  ),
}
