import type { PaperFigure } from '@lemanic/eval'
import type { ArmName } from '../arms.js'

const table1 = 'Table 1 (OpenWebText2, 40,000 steps, mean of 3 seeds)'

/** Table 1: perplexities of 12 and 24 layers; in parentheses the standard error over three seeds. */
const cells: readonly (readonly [
  kind: 'standard' | 'block-universal' | 'cotformer',
  repeats: number,
  of12: string,
  of24: string,
])[] = [
  ['standard', 1, '28.39 (.01)', '25.93 (.02)'],
  ['block-universal', 2, '27.74 (.01)', '25.47 (.01)'],
  ['block-universal', 3, '27.47 (.01)', '25.19 (.03)'],
  ['block-universal', 5, '27.15 (.02)', '24.95 (.01)'],
  ['cotformer', 2, '27.55 (.02)', '25.28 (.00)'],
  ['cotformer', 3, '27.07 (.01)', '24.85 (.04)'],
  ['cotformer', 5, '26.64 (.04)', '24.48 (.03)'],
]

const names = { standard: 'standard', 'block-universal': 'Block Universal', cotformer: 'CoTFormer' } as const

/** The arm of a cell in the row of `layers` layers; undefined when the preset does not have it. */
function armOfCell(kind: keyof typeof names, repeats: number, isMain: boolean): ArmName {
  if (kind === 'standard') return isMain ? 'standard' : 'other-standard'
  if (isMain) return repeats === 3 ? kind : `${kind}-x${repeats as 2 | 5}`
  return `other-${kind}-x${repeats as 2 | 3 | 5}`
}

interface Row {
  readonly title: string
  readonly paper: string
  readonly source: string
  readonly arm: ArmName
}

/** Tables 2, 4, 5 and 6, which only the presets with all arms have. */
const others: readonly Row[] = [
  { title: 'standard, 48 layers', paper: '24.17 (.00)', source: 'Table 1', arm: 'deep-standard' },
  { title: 'CoTFormer, reserved layers 2→21 × 5→1', paper: '24.51 (.01)', source: 'Table 2', arm: 'reserved' },
  { title: 'LN-CoTFormer 2→21 × 5→1', paper: '24.11 (.03)', source: 'Table 2', arm: 'ln-reserved' },
  {
    title: 'LN-CoTFormer 2→21 × 5→1, depth embedding',
    paper: '24.17 (.08)',
    source: 'Table 4',
    arm: 'ln-reserved-embedding',
  },
  { title: 'adaptive LN-CoTFormer, full computation', paper: '25.08 (.03)', source: 'Table 4', arm: 'adaptive' },
  {
    title: 'adaptive LN-CoTFormer, depth embedding',
    paper: '24.94 (.01)',
    source: 'Table 4',
    arm: 'adaptive-embedding',
  },
  { title: 'stick-breaking', paper: '33.82', source: 'Table 5 (10,000 steps)', arm: 'stick-breaking' },
  { title: 'PonderNet', paper: '41.37', source: 'Table 5 (10,000 steps)', arm: 'ponder-net' },
  {
    title: 'Mixture of Repeats on Block Universal',
    paper: '33.08',
    source: 'Table 5 (10,000 steps)',
    arm: 'adaptive-block-universal',
  },
  { title: '24 layers, 4 pause tokens', paper: '25.05 (.03)', source: 'Table 6', arm: 'pause-tokens' },
]

/** Published perplexities beside the arms that stand for them. */
export function paperFigures(preset: string): PaperFigure[] {
  const hasAll = preset === 'paper' || preset === 'complete' || preset === 'smoke'
  const mainLayers = preset === 'complete' || preset === 'smoke' ? 24 : 12 // 1, 2, 4 layers stand for 12, 24, 48 in `complete`
  const figure = (title: string, paper: string, source: string, arm: ArmName | undefined): PaperFigure => ({
    quantity: `Perplexity, ${title}`,
    paper,
    source,
    ...(arm === undefined ? {} : { arm, metric: 'perplexity' }),
  })
  const ofTable1 = [12, 24].flatMap((layers) =>
    cells.map(([kind, repeats, of12, of24]) => {
      const isMain = layers === mainLayers
      const isMeasured = hasAll || (isMain && (repeats === 3 || repeats === 1))
      const title = `${names[kind]}, ${layers}${repeats === 1 ? ' layers' : ` × ${repeats}`}`
      return figure(
        title,
        layers === 12 ? of12 : of24,
        table1,
        isMeasured ? armOfCell(kind, repeats, isMain) : undefined,
      )
    }),
  )
  return [
    ...ofTable1,
    ...others.map(({ title, paper, source, arm }) => figure(title, paper, source, hasAll ? arm : undefined)),
  ]
}
