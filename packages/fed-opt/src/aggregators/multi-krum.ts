import { argumentError, checkWhole } from '../refuse.js'
import { meanRow } from '../rows/rows.js'
import type { Aggregator } from './aggregator.js'
import { checkKrum, krumOrder } from './krum-scores.js'

/**
 * The mean of the m rows with the best Krum scores. Ignores weights.
 *
 * Blanchard et al., 2017 (arXiv 1703.02757), §4. f `byzantine`, m `selected`.
 * Deviations: the code of Karimireddy et al. adds the m rows up instead of averaging them.
 *
 * @param options.selected m, from 1 to the number of rows. Default: n − f.
 */
export function multiKrum(options: { readonly byzantine: number; readonly selected?: number }): Aggregator {
  const { byzantine, selected } = options
  checkWhole('multiKrum', 'byzantine', byzantine, 0)
  if (selected !== undefined) checkWhole('multiKrum', 'selected', selected, 1)
  return {
    name: 'multi-krum',
    byzantine,
    check: (count) => checkKrum('multiKrum', byzantine, count),
    aggregate(points, { senders }) {
      checkKrum('multiKrum', byzantine, points.count)
      const m = selected ?? points.count - byzantine
      if (m > points.count)
        throw argumentError('multiKrum', `selected: expected at most ${points.count} (the rows), got ${m}`)
      const chosen = krumOrder(points, byzantine)
        .order.slice(0, m)
        .sort((a, b) => a - b)
      return {
        value: meanRow(points.select(chosen)),
        telemetry: { chosen: chosen.map((row) => senders[row] ?? row) },
      }
    },
  }
}
