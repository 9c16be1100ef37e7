import type { Figure } from '@lemanic/eval'
import type { Sizes } from '../options.js'
import { federatedFigures } from './federated-figures.js'
import { groupFigures } from './group-figures.js'
import { languageFigures } from './language-figures.js'
import { layerFigures } from './layer-figures.js'
import type { Run } from './samples.js'

/** Every figure of the report, in the order of the argument. */
export function figures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...layerFigures(runs, sizes),
    ...groupFigures(runs, sizes),
    ...languageFigures(runs, sizes),
    ...federatedFigures(runs, sizes),
  ]
}
