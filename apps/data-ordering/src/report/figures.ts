import type { Figure } from '@lemanic/eval'
import type { Sizes } from '../options.js'
import { gridFigures, noiseFigures } from './grid-figures.js'
import { networkFigures } from './network-figures.js'
import { crossoverTable, measureFigure, ratioTable, slopeTable, tunedFigure } from './ratio-tables.js'
import type { Run } from './samples.js'

/** Every figure of the report, in the order of the argument. */
export function figures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...gridFigures(runs, sizes),
    ...slopeTable(runs, sizes),
    ...crossoverTable(runs, sizes),
    ...noiseFigures(runs, sizes),
    ...measureFigure(runs, sizes),
    ...tunedFigure(runs),
    ...networkFigures(runs, sizes),
    ...ratioTable(runs, sizes),
  ]
}
