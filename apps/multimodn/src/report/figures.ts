import type { Figure, FinishedRun } from '@lemanic/eval'
import type { ArmName } from '../arms.js'
import type { Family } from '../data/family.js'
import type { Sizes } from '../options.js'
import { additionFigures } from './addition-figures.js'
import { equalityFigures } from './equality-figures.js'
import { explorerFigures } from './explorer-figures.js'
import { mnarFigures } from './mnar-figures.js'

export type Run = FinishedRun<ArmName>

/** Every figure of the report: first the page for people, then the evidence in the order of the argument. */
export function figures(runs: readonly Run[], sizes: Sizes, families: readonly Family[]): Figure[] {
  return [
    ...explorerFigures(runs, families),
    ...mnarFigures(runs, sizes),
    ...equalityFigures(runs),
    ...additionFigures(runs),
  ]
}
