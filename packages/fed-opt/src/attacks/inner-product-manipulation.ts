import { checkNumber } from '../refuse.js'
import { meanRow } from '../rows/rows.js'
import { repeatRow, type Attack } from './attack.js'

/**
 * Every attacker sends −ε times the mean of the honest rows: small enough to pass, and against the descent.
 *
 * Xie, Koyejo, Gupta, "Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product Manipulation", 2019
 * (arXiv 1903.03936). ε `epsilon`.
 *
 * @param options.epsilon ε > 0. Default 0.1.
 */
export function innerProductManipulation({ epsilon = 0.1 }: { readonly epsilon?: number } = {}): Attack {
  checkNumber('innerProductManipulation', 'epsilon', epsilon, (x) => x > 0, 'a number above 0')
  return {
    name: 'inner-product-manipulation',
    forge: (honest, { own }) => ({ rows: repeatRow(meanRow(honest).scale(-epsilon), own.count) }),
  }
}
