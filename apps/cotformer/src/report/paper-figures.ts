import type { PaperFigure } from '@lemanic/eval'
import type { ArmName } from '../arms.js'

const table1 = 'Table 1 (OpenWebText2, 40,000 steps, mean of 3 seeds)'
const table2 = 'Table 2'

/** Published perplexities; in parentheses the standard error over three seeds. */
export function paperFigures(preset: string): PaperFigure[] {
  const isPaper = preset === 'paper'
  const beside = (arm: ArmName): Pick<PaperFigure, 'arm' | 'metric'> => ({ arm, metric: 'perplexity' })
  const onlyPaper = (arm: ArmName) => (isPaper ? beside(arm) : {})
  return [
    { quantity: 'Perplexity, standard, 12 layers', paper: '28.39 (.01)', source: table1, ...beside('standard') },
    {
      quantity: 'Perplexity, standard, 24 layers',
      paper: '25.93 (.02)',
      source: table1,
      ...beside('untied'),
      note: 'twice the layers; ours has weights for every layer of the repeated depth',
    },
    { quantity: 'Perplexity, standard, 48 layers', paper: '24.17 (.00)', source: table1 },
    {
      quantity: 'Perplexity, Block Universal 12 × 2',
      paper: '27.74 (.01)',
      source: table1,
      ...onlyPaper('block-universal-x2'),
    },
    {
      quantity: 'Perplexity, Block Universal 12 × 3',
      paper: '27.47 (.01)',
      source: table1,
      ...beside('block-universal'),
    },
    {
      quantity: 'Perplexity, Block Universal 12 × 5',
      paper: '27.15 (.02)',
      source: table1,
      ...onlyPaper('block-universal-x5'),
    },
    { quantity: 'Perplexity, CoTFormer 12 × 2', paper: '27.55 (.02)', source: table1, ...onlyPaper('cotformer-x2') },
    { quantity: 'Perplexity, CoTFormer 12 × 3', paper: '27.07 (.01)', source: table1, ...beside('cotformer') },
    { quantity: 'Perplexity, CoTFormer 12 × 5', paper: '26.64 (.04)', source: table1, ...onlyPaper('cotformer-x5') },
    { quantity: 'Perplexity, Block Universal 24 × 5', paper: '24.95 (.01)', source: table1 },
    { quantity: 'Perplexity, CoTFormer 24 × 5', paper: '24.48 (.03)', source: table1 },
    { quantity: 'Perplexity, CoTFormer with reserved layers 2→21 × 5→1', paper: '24.51 (.01)', source: table2 },
    {
      quantity: 'Perplexity, LN-CoTFormer 2→21 × 5→1',
      paper: '24.11 (.03)',
      source: table2,
      ...beside(isPaper ? 'ln-cotformer-reserved' : 'ln-cotformer'),
      ...(isPaper ? {} : { note: 'ours has no reserved layers' }),
    },
  ]
}
