import { meanRow } from '../rows/rows.js'
import type { Aggregator } from './aggregator.js'

/**
 * The mean, weighted by the clients' shares: FedAvg's aggregate. One attacker moves it anywhere.
 *
 * McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", 2017 (arXiv 1602.05629).
 *
 * @param options.weighted False: every row counts the same. Default true.
 */
export function mean({ weighted = true }: { readonly weighted?: boolean } = {}): Aggregator {
  return {
    name: 'mean',
    isMean: weighted,
    byzantine: 0,
    aggregate: (points, { weights }) => ({ value: meanRow(points, weighted ? weights : undefined) }),
  }
}
