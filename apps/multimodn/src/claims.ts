import type { Claim } from '@lemanic/eval'
import type { ArmName } from './arms.js'
import { taskTitles, tasksOfFamily, tenTasks } from './data/family.js'
import { mnarMetric } from './run-mnar.js'

// Fixed before any run, margins included. A: sequential fusion does not cost; B: many tasks at once do not cost; C: each
// modality adds; D: missingness that depends on the label. AUROCs are on held-out rows; arms of a seed share rows and fold.

/** AUROCs within this are equal for practice; the margin of the study's plan. */
export const margin = 0.02
/** A loss of AUROC that a reader would call a failure. */
export const failure = 0.05

type MultiModNClaim = Claim<ArmName, string>
type Metrics = Readonly<Record<string, Readonly<Record<string, number>>>>

const equality = 'Experiments, single task: MultiModN matches P-Fusion on ten tasks; in our words'
const multiTask = 'Experiments, many tasks: multi-task MultiModN matches single-task; in our words'
const interpretable = 'Experiments, interpretability: predictions after each modality; in our words'
const robust =
  'Abstract, and experiments on missingness: robustness to MNAR missingness where P-Fusion fails; in our words'

const at = (metrics: Metrics, arm: ArmName, test: 'intact' | 'same' | 'flipped', share: number): number =>
  metrics[arm]![mnarMetric(test, share)]!

/** One number from some arms, on one side of 0. */
const contrast = (
  id: string,
  statement: string,
  source: MultiModNClaim['source'],
  arms: readonly ArmName[],
  description: string,
  of: (metrics: Metrics) => number,
  direction: 'less' | 'greater',
  unit = 'AUROC',
): MultiModNClaim => ({ id, statement, source, test: { kind: 'contrast', arms, description, unit, of, direction } })

/** All claims of the study; with HAIM's embeddings the two equalities on its tasks, too. */
export function claimsOf({ hasHaim }: { readonly hasHaim: boolean }): readonly MultiModNClaim[] {
  const tasks = hasHaim ? [...tenTasks, ...tasksOfFamily.haim] : tenTasks
  return [
    ...tasks.map(
      (task): MultiModNClaim => ({
        id: `A-${task}`,
        statement: `${taskTitles[task]}: single-task MultiModN and P-Fusion are equal (AUROC within ${margin})`,
        source: { sentence: 'Sequential fusion does not compromise performance.', place: equality },
        test: { kind: 'equivalence', metric: `auroc ${task}`, arm: 'real-single', against: 'real-parallel', margin },
      }),
    ),
    {
      id: 'A-mean',
      statement: `The mean over the ten tasks: single-task MultiModN and P-Fusion are equal (AUROC within ${margin})`,
      source: { sentence: 'Sequential fusion does not compromise performance.', place: equality },
      test: { kind: 'equivalence', metric: 'auroc mean', arm: 'real-single', against: 'real-parallel', margin },
    },
    {
      id: 'A-synthetic',
      statement: `Synthetic: single-task MultiModN and P-Fusion are equal (AUROC within ${margin})`,
      source: { sentence: 'Sequential fusion does not compromise performance.', place: equality },
      test: {
        kind: 'equivalence',
        metric: 'auroc synthetic',
        arm: 'synthetic-single',
        against: 'synthetic-parallel',
        margin,
      },
    },
    ...tasks.map(
      (task): MultiModNClaim => ({
        id: `B-${task}`,
        statement: `${taskTitles[task]}: multi-task and single-task MultiModN are equal (AUROC within ${margin})`,
        source: { sentence: 'Multi-task training does not compromise performance.', place: multiTask },
        test: { kind: 'equivalence', metric: `auroc ${task}`, arm: 'real-multi', against: 'real-single', margin },
      }),
    ),
    {
      id: 'B-mean',
      statement: `The mean over the ten tasks: multi-task and single-task MultiModN are equal (AUROC within ${margin})`,
      source: { sentence: 'Multi-task training does not compromise performance.', place: multiTask },
      test: { kind: 'equivalence', metric: 'auroc mean', arm: 'real-multi', against: 'real-single', margin },
    },
    {
      id: 'B-synthetic',
      statement: `Synthetic: multi-task and single-task MultiModN are equal (AUROC within ${margin})`,
      source: { sentence: 'Multi-task training does not compromise performance.', place: multiTask },
      test: {
        kind: 'equivalence',
        metric: 'auroc synthetic',
        arm: 'synthetic-multi',
        against: 'synthetic-single',
        margin,
      },
    },
    {
      id: 'C-synthetic',
      statement: 'Synthetic: the loss falls along the modalities',
      source: { sentence: 'Each modality adds to the prediction.', place: interpretable },
      test: { kind: 'threshold', metric: 'loss slope', arm: 'synthetic-single', value: 0, direction: 'less' },
    },
    {
      id: 'C-every-step',
      statement: 'Synthetic: it falls with every modality (each of them holds something)',
      source: { sentence: 'Each modality adds to the prediction.', place: interpretable },
      test: { kind: 'threshold', metric: 'largest step', arm: 'synthetic-single', value: 0, direction: 'less' },
    },
    {
      id: 'C-real',
      statement: 'Real: the loss falls along the modalities (mean slope of all tasks)',
      source: { sentence: 'Each modality adds to the prediction.', place: interpretable },
      test: { kind: 'threshold', metric: 'loss slope', arm: 'real-single', value: 0, direction: 'less' },
    },
    {
      id: 'C-digits',
      statement: 'Digits: the loss falls along the quadrants',
      source: { sentence: 'Each modality adds to the prediction.', place: interpretable },
      test: { kind: 'threshold', metric: 'loss slope', arm: 'digits-sequential', value: 0, direction: 'less' },
    },
    {
      id: 'C-noise',
      statement: `Synthetic: a modality that holds nothing changes nothing (AUROC within ${margin})`,
      source: { sentence: 'Modular: a modality can be added.', place: interpretable },
      test: {
        kind: 'equivalence',
        metric: 'auroc synthetic',
        arm: 'synthetic-noise',
        against: 'synthetic-single',
        margin,
      },
    },
    contrast(
      'D-robust',
      `Paper: MultiModN is robust when missingness flips (synthetic, samples skip, p = 0.9: AUROC falls by less than ${failure})`,
      { sentence: 'MultiModN is robust to MNAR missingness.', place: robust },
      ['mnar-sequential'],
      `AUROC intact − flipped at p = 0.9, less ${failure}`,
      (m) => at(m, 'mnar-sequential', 'intact', 0.9) - at(m, 'mnar-sequential', 'flipped', 0.9) - failure,
      'less',
    ),
    contrast(
      'D-beats-parallel',
      'Paper: it is ahead of P-Fusion when missingness flips (synthetic, samples skip, p = 0.9)',
      { sentence: 'P-Fusion fails catastrophically under MNAR, MultiModN does not.', place: robust },
      ['mnar-sequential', 'mnar-parallel'],
      'AUROC flipped at p = 0.9, mnar-sequential − mnar-parallel',
      (m) => at(m, 'mnar-sequential', 'flipped', 0.9) - at(m, 'mnar-parallel', 'flipped', 0.9),
      'greater',
    ),
    contrast(
      'D-reference',
      'Reference code: with whole batches skipping and deletions in file order it is ahead of P-Fusion (synthetic, p = 0.9, flipped)',
      {
        sentence: 'P-Fusion fails catastrophically under MNAR, MultiModN does not.',
        place: `${robust}; protocol of the published code`,
      },
      ['mnar-reference', 'mnar-parallel-ordered'],
      'AUROC flipped at p = 0.9, mnar-reference − mnar-parallel-ordered',
      (m) => at(m, 'mnar-reference', 'flipped', 0.9) - at(m, 'mnar-parallel-ordered', 'flipped', 0.9),
      'greater',
    ),
    contrast(
      'D-reference-flat',
      `Reference code: it does not matter which way missingness goes (synthetic, p = 0.9: same and flipped within ${margin})`,
      { sentence: 'MultiModN is robust to MNAR missingness.', place: `${robust}; protocol of the published code` },
      ['mnar-reference'],
      `|AUROC same − flipped| at p = 0.9, less ${margin}`,
      (m) => Math.abs(at(m, 'mnar-reference', 'same', 0.9) - at(m, 'mnar-reference', 'flipped', 0.9)) - margin,
      'less',
    ),
    contrast(
      'D-batch-wastes',
      `Ours: when batches skip, a shuffled loader wastes the modality (synthetic, p = 0.5, intact: more than ${margin} below samples that skip)`,
      { sentence: 'Not in the paper.', place: 'Our reading of the published code' },
      ['mnar-batch', 'mnar-sequential'],
      `AUROC intact at p = 0.5, mnar-batch − mnar-sequential, plus ${margin}`,
      (m) => at(m, 'mnar-batch', 'intact', 0.5) - at(m, 'mnar-sequential', 'intact', 0.5) + margin,
      'less',
    ),
    contrast(
      'D-last',
      'Ours: a modality that goes missing does less harm at the end of the order than in the middle (synthetic, p = 0.5, flipped)',
      { sentence: 'Not in the paper.', place: 'Our addition' },
      ['mnar-last', 'mnar-sequential'],
      'AUROC flipped at p = 0.5, mnar-last − mnar-sequential',
      (m) => at(m, 'mnar-last', 'flipped', 0.5) - at(m, 'mnar-sequential', 'flipped', 0.5),
      'greater',
    ),
    ...(['sequential', 'parallel'] as const).map((kind) =>
      contrast(
        `D-repair-${kind}`,
        `Ours: dropping modalities in training, with propensity weights, mends ${kind === 'sequential' ? 'MultiModN' : 'P-Fusion'} (synthetic, p = 0.9, flipped: more than ${failure} higher)`,
        { sentence: 'Not in the paper.', place: 'Our addition' },
        [`mnar-${kind}-repaired`, `mnar-${kind}`],
        `AUROC flipped at p = 0.9, mnar-${kind}-repaired − mnar-${kind}, less ${failure}`,
        (m) => at(m, `mnar-${kind}-repaired`, 'flipped', 0.9) - at(m, `mnar-${kind}`, 'flipped', 0.9) - failure,
        'greater',
      ),
    ),
    contrast(
      'D-star-beats-parallel',
      'Paper, on Project STAR: MultiModN is ahead of P-Fusion when missingness flips (samples skip, p = 0.9)',
      { sentence: 'P-Fusion fails catastrophically under MNAR, MultiModN does not.', place: robust },
      ['education-sequential', 'education-parallel'],
      'AUROC flipped at p = 0.9, education-sequential − education-parallel',
      (m) => at(m, 'education-sequential', 'flipped', 0.9) - at(m, 'education-parallel', 'flipped', 0.9),
      'greater',
    ),
    contrast(
      'D-star-reference',
      'Reference code, on Project STAR: ahead of P-Fusion with its protocol (p = 0.9, flipped)',
      {
        sentence: 'P-Fusion fails catastrophically under MNAR, MultiModN does not.',
        place: `${robust}; protocol of the published code`,
      },
      ['education-reference', 'education-parallel-ordered'],
      'AUROC flipped at p = 0.9, education-reference − education-parallel-ordered',
      (m) => at(m, 'education-reference', 'flipped', 0.9) - at(m, 'education-parallel-ordered', 'flipped', 0.9),
      'greater',
    ),
    contrast(
      'D-star-repair',
      `Ours, on Project STAR: dropping modalities with propensity weights mends MultiModN (p = 0.9, flipped: more than ${failure} higher)`,
      { sentence: 'Not in the paper.', place: 'Our addition' },
      ['education-sequential-repaired', 'education-sequential'],
      `AUROC flipped at p = 0.9, education-sequential-repaired − education-sequential, less ${failure}`,
      (m) =>
        at(m, 'education-sequential-repaired', 'flipped', 0.9) -
        at(m, 'education-sequential', 'flipped', 0.9) -
        failure,
      'greater',
    ),
  ]
}
