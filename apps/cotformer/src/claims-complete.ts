import type { Claim } from '@lemanic/eval'
import type { ArmName } from './arms.js'
import { budgets, type MetricName } from './metrics.js'

type StudyClaim = Claim<ArmName, MetricName>

/** Half-width of equivalence for a depth embedding at a fixed number of repeats: 0.01 nats are 1 % of perplexity. */
export const embeddingMargin = 0.01

/** Half-width of equivalence of p-hop accuracies. */
export const hopMargin = 0.05

/** A difference of validation loss on the same sequences, with a bootstrap over seeds and sequences beside the t test. */
const lower = (arm: ArmName, against: ArmName): StudyClaim['test'] => ({
  kind: 'difference',
  metric: 'loss',
  arm,
  against,
  direction: 'less',
  samples: 'sequenceLoss',
})

const table1 = 'Table 1; in our words'

/**
 * The further claims of the preset `complete`, fixed before its first run; their margins too. They are corrected together
 * with the five of every preset.
 */
export const completeClaims: readonly StudyClaim[] = [
  {
    id: 'T1-gap',
    statement: 'CoTFormer’s lead over Block Universal grows with the number of repeats, from 2 to 5',
    source: {
      sentence: 'The gap to Block Universal widens as repeats are added.',
      place: 'Table 1 and figure 2; in our words',
    },
    paperEffect: '−0.007 nats at 2 repeats, −0.019 at 5 (12 layers)',
    test: {
      kind: 'contrast',
      arms: ['cotformer-x5', 'block-universal-x5', 'cotformer-x2', 'block-universal-x2'],
      description: '(CoTFormer − Block Universal at 5 repeats) − (the same at 2 repeats), validation loss',
      unit: 'nats/token',
      of: (metrics) =>
        metrics['cotformer-x5'].loss -
        metrics['block-universal-x5'].loss -
        (metrics['cotformer-x2'].loss - metrics['block-universal-x2'].loss),
      direction: 'less',
    },
  },
  {
    id: 'T1-repeats-but',
    statement: 'More repeats of Block Universal lower the loss, from 1 to 5',
    source: { sentence: 'Perplexity falls with every repeat added.', place: table1 },
    paperEffect: '28.39, 27.74, 27.47, 27.15 for 1, 2, 3, 5 repeats of 12 layers',
    test: {
      kind: 'trend',
      metric: 'loss',
      arms: ['standard', 'block-universal-x2', 'block-universal', 'block-universal-x5'],
      positions: [1, 2, 3, 5],
      direction: 'less',
    },
  },
  {
    id: 'T1-repeats-cot',
    statement: 'More repeats of CoTFormer lower the loss, from 1 to 5',
    source: { sentence: 'Perplexity falls with every repeat added.', place: table1 },
    paperEffect: '28.39, 27.55, 27.07, 26.64 for 1, 2, 3, 5 repeats of 12 layers',
    test: {
      kind: 'trend',
      metric: 'loss',
      arms: ['standard', 'cotformer-x2', 'cotformer', 'cotformer-x5'],
      positions: [1, 2, 3, 5],
      direction: 'less',
    },
  },
  {
    id: 'T2-norm',
    statement: 'With reserved layers, the norm after each repeat lowers the loss',
    source: {
      sentence: 'The layer norm after each repeat improves the reserved CoTFormer.',
      place: 'Table 2; in our words',
    },
    paperEffect: '−0.016 nats (ln 24.11/24.51)',
    test: lower('ln-reserved', 'reserved'),
  },
  {
    id: 'T2-deep',
    statement: 'LN-CoTFormer with reserved layers beats a standard model of twice its distinct layers',
    source: {
      sentence: 'LN-CoTFormer with 24 layers outperforms the standard model with 48.',
      place: 'Table 2; in our words',
    },
    paperEffect: '−0.002 nats (ln 24.11/24.17)',
    test: lower('ln-reserved', 'untied'),
  },
  {
    id: 'T4-adaptive',
    statement: 'A depth embedding helps the adaptive model at full computation',
    source: { sentence: 'The depth embedding improves the adaptive LN-CoTFormer.', place: 'Table 4; in our words' },
    paperEffect: '−0.006 nats (ln 24.94/25.08)',
    test: lower('adaptive-embedding', 'adaptive'),
  },
  {
    id: 'T4-fixed',
    statement: 'At a fixed number of repeats a depth embedding changes the loss by less than 0.01 nats',
    source: {
      sentence: 'With a fixed number of repeats the depth embedding does not help.',
      place: 'Table 4; in our words',
    },
    paperEffect: '+0.002 nats (ln 24.17/24.11)',
    test: {
      kind: 'equivalence',
      metric: 'loss',
      arm: 'ln-reserved-embedding',
      against: 'ln-reserved',
      margin: embeddingMargin,
    },
  },
  {
    id: 'T5-stick-breaking',
    statement: 'Mixture of Repeats on Block Universal beats stick-breaking',
    source: { sentence: 'Mixture of Repeats outperforms stick-breaking halting.', place: 'Table 5; in our words' },
    paperEffect: '−0.022 nats (ln 33.08/33.82)',
    test: lower('adaptive-block-universal', 'stick-breaking'),
  },
  {
    id: 'T5-ponder-net',
    statement: 'Mixture of Repeats on Block Universal beats PonderNet',
    source: { sentence: 'Mixture of Repeats outperforms PonderNet.', place: 'Table 5; in our words' },
    paperEffect: '−0.224 nats (ln 33.08/41.37)',
    test: lower('adaptive-block-universal', 'ponder-net'),
  },
  {
    id: 'T6-pause',
    statement: 'CoTFormer with five repeats beats four pause tokens after each token',
    source: {
      sentence: 'CoTFormer outperforms pause tokens at the same number of layer applications.',
      place: 'Table 6; in our words',
    },
    paperEffect: '−0.023 nats (ln 24.48/25.05)',
    test: lower('cotformer-x5', 'pause-tokens'),
  },
  {
    id: 'D-monotone',
    statement: 'The adaptive model’s loss falls as its budget grows',
    source: {
      sentence: 'Perplexity improves with the computation spent at inference.',
      place: 'Figure 4; in our words',
    },
    test: {
      kind: 'contrast',
      arms: ['adaptive-embedding'],
      description: 'least-squares slope of loss against part of full computation, six budgets',
      unit: 'nats/token',
      of: (metrics) => metrics['adaptive-embedding'].budgetSlope,
      direction: 'less',
    },
  },
  {
    id: 'D-router',
    statement: 'At equal computation the router’s choice of tokens beats fewer repeats for all',
    source: {
      sentence: 'Routed computation is far better than a fixed depth at the same cost.',
      place: 'Figure 4; in our words',
    },
    test: {
      kind: 'contrast',
      arms: ['adaptive-embedding'],
      description: 'mean over four budgets of loss(router) − loss(fixed number of repeats at the same computation)',
      unit: 'nats/token',
      of: (metrics) => metrics['adaptive-embedding'].routerGain,
      direction: 'less',
    },
  },
  {
    id: 'D-full',
    statement: 'At full computation the adaptive model is worse than one trained with all repeats',
    source: {
      sentence: 'Training for adaptivity costs some perplexity at full computation.',
      place: 'Section 5: 23.83 and 23.19; in our words',
    },
    paperEffect: '−0.027 nats (ln 23.19/23.83)',
    test: lower('ln-reserved-embedding', 'adaptive-embedding'),
  },
  {
    id: 'E-random',
    statement: 'Capacities drawn at random serve other budgets better than one fixed capacity does',
    source: { sentence: 'Random capacities let one model serve every budget.', place: 'Section 4; in our words' },
    test: {
      kind: 'contrast',
      arms: ['adaptive-embedding', 'adaptive-fixed'],
      description:
        'mean loss at budgets 0.2, 0.4, 0.8 and 1 less loss at 0.6, of random capacities less that of capacity 0.6',
      unit: 'nats/token',
      of: (metrics) => degradation(metrics['adaptive-embedding']) - degradation(metrics['adaptive-fixed']),
      direction: 'less',
    },
  },
  {
    id: 'P-depth',
    statement: 'On p-hop, repeating one layer beats applying it once',
    source: {
      sentence: 'Following pointers needs depth; repeats provide it.',
      place: 'Southampton reproduction: 0.468 with one layer, 0.660 repeated six times',
    },
    paperEffect: '+0.19 (one seed, 32 hops)',
    test: {
      kind: 'difference',
      metric: 'accuracy',
      arm: 'hop-block-universal',
      against: 'hop-single',
      direction: 'greater',
    },
  },
  {
    id: 'P-cot',
    statement: 'On p-hop, CoTFormer and Block Universal are within 0.05 of each other',
    source: {
      sentence: 'The edge of CoTFormer over Block Universal is tiny there.',
      place: 'Southampton reproduction: 0.662 and 0.660',
    },
    paperEffect: '+0.002 (one seed, 32 hops)',
    test: {
      kind: 'equivalence',
      metric: 'accuracy',
      arm: 'hop-cotformer',
      against: 'hop-block-universal',
      margin: hopMargin,
    },
  },
]

/** How much worse a model is away from the budget 0.6, on the average of the other budgets. */
function degradation(metrics: Readonly<Record<MetricName, number>>): number {
  const others = [...budgets.filter((c) => c !== 0.6).map((c) => metrics[`budget${c}`]), metrics.loss]
  return others.reduce((sum, loss) => sum + loss, 0) / others.length - metrics['budget0.6']
}
