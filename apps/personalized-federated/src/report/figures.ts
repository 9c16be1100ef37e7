import type { Figure } from '@lemanic/eval'
import type { Sizes } from '../options.js'
import { blobFigures, byzantineFigures, matrixFigures, startFigures, sweepFigures } from './lines.js'
import { attackedDigitsTable, costTable, regressionTable, type Run, tableOne } from './tables.js'

/** Every figure of the report, in the order of the argument. */
export function figures(runs: readonly Run[], sizes: Sizes): Figure[] {
  return [
    ...tableOne(runs, sizes),
    ...regressionTable(runs, sizes),
    ...costTable(runs),
    ...sweepFigures(runs, sizes),
    ...startFigures(runs),
    ...attackedDigitsTable(runs, sizes),
    ...byzantineFigures(runs, sizes),
    ...matrixFigures(runs, sizes),
    ...blobFigures(runs, sizes),
  ]
}
