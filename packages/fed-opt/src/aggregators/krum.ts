import { checkWhole } from '../refuse.js'
import { rowAt } from '../rows/rows.js'
import type { Aggregator } from './aggregator.js'
import { checkKrum, krumOrder } from './krum-scores.js'

/**
 * The row that is closest to its n − f − 2 nearest others, by the sum of squared distances. Ignores weights.
 *
 * Blanchard, El Mhamdi, Guerraoui, Stainer, "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent",
 * 2017 (arXiv 1703.02757). f `byzantine`.
 * Deviations: none from the paper; the code of Karimireddy et al. squares the distances a second time.
 *
 * @param options.byzantine f ≥ 0; needs more than 2f + 2 rows.
 */
export function krum({ byzantine }: { readonly byzantine: number }): Aggregator {
  checkWhole('krum', 'byzantine', byzantine, 0)
  return {
    name: 'krum',
    byzantine,
    check: (count) => checkKrum('krum', byzantine, count),
    aggregate(points, { senders }) {
      checkKrum('krum', byzantine, points.count)
      const chosen = krumOrder(points, byzantine).order[0]!
      return { value: rowAt(points, chosen), telemetry: { chosen: senders[chosen] ?? chosen } }
    },
  }
}
