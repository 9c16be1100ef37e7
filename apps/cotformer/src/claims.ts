import type { Claim } from '@lemanic/eval'
import type { ArmName } from './arms.js'
import type { MetricName } from './metrics.js'

/**
 * Half-width of practical equivalence between CoTFormer and Block Universal, in nats a token: 0.02 nats are 2 % of
 * perplexity, just above the largest gap between the two in Table 1 (1.9 %, 12 layers, 5 repeats). Set before any run
 * and never changed by results.
 */
export const equivalenceMargin = 0.02

/**
 * The claims, fixed before the study runs. Each is a comparison of validation loss on the same sequences, paired by
 * seed (same initial values of all shared parameters, same batches in the same order), Holm-corrected over all five.
 */
export const claims: readonly Claim<ArmName, MetricName>[] = [
  {
    id: 'A',
    statement: 'Repeating the layers with CoTFormer beats the standard model with the same layers once',
    source: {
      sentence: 'At equal parameters, repeating the layers lowers perplexity.',
      place: 'Table 1, 12 layers: 28.39 standard, 27.07 CoTFormer × 3; in our words',
    },
    paperEffect: '−0.048 nats (ln 27.07/28.39), 40,000 steps',
    test: {
      kind: 'difference',
      metric: 'loss',
      arm: 'cotformer',
      against: 'standard',
      direction: 'less',
      samples: 'sequenceLoss',
    },
  },
  {
    id: 'B',
    statement: 'Attending to earlier repeats beats Block Universal at the same depth',
    source: {
      sentence: 'CoTFormer outperforms the Block Universal Transformer at every size and number of repeats.',
      place: 'Table 1, 12 layers × 3: 27.47 Block Universal, 27.07 CoTFormer; in our words',
    },
    paperEffect: '−0.015 nats (ln 27.07/27.47), 40,000 steps',
    test: {
      kind: 'difference',
      metric: 'loss',
      arm: 'cotformer',
      against: 'block-universal',
      direction: 'less',
      samples: 'sequenceLoss',
    },
  },
  {
    id: 'B-size',
    statement: 'CoTFormer and Block Universal differ by less than 2 % of perplexity',
    source: {
      sentence: 'In each cell of the table the gap is 0.7 to 1.9 % of perplexity.',
      place: 'Table 1, all sizes and repeats; in our words',
    },
    paperEffect: '0.007 to 0.019 nats',
    test: {
      kind: 'equivalence',
      metric: 'loss',
      arm: 'cotformer',
      against: 'block-universal',
      margin: equivalenceMargin,
    },
  },
  {
    id: 'C',
    statement: 'A deeper model with weights of its own for every layer still beats CoTFormer',
    source: {
      sentence: 'More distinct layers give a lower perplexity than repeating fewer.',
      place:
        'Table 2: 24.17 with 48 layers, 24.48 CoTFormer 24 × 5; Table 1: 25.93 with 24 layers, 26.64 CoTFormer 12 × 5; in our words',
    },
    paperEffect: '−0.013 nats (ln 24.17/24.48) at 40 % of the effective depth',
    test: {
      kind: 'difference',
      metric: 'loss',
      arm: 'untied',
      against: 'cotformer',
      direction: 'less',
      samples: 'sequenceLoss',
    },
  },
  {
    id: 'D0',
    statement: 'LN-CoTFormer, with a layer norm after each repeat, beats Block Universal',
    source: {
      sentence: 'The layer norm after each repeat improves CoTFormer.',
      place: 'Table 2: 24.51 with reserved layers, 24.11 with the layer norm added; in our words',
    },
    paperEffect: '−0.016 nats (ln 24.11/24.51) for the norm alone',
    test: {
      kind: 'difference',
      metric: 'loss',
      arm: 'ln-cotformer',
      against: 'block-universal',
      direction: 'less',
      samples: 'sequenceLoss',
    },
  },
]
