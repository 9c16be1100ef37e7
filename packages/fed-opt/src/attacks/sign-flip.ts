import { checkNumber } from '../refuse.js'
import type { Attack } from './attack.js'

/**
 * Every attacker sends −s times what it would have sent: also called bit flip.
 *
 * Li, Xu, Chen, Giannakis, Ling, "RSA: Byzantine-Robust Stochastic Aggregation Methods", 2019 (arXiv 1811.03761).
 * Deviations: the code of Werner et al. sends the negative gradient of worker 0 from every attacker.
 *
 * @param options.scale s > 0. Default 1.
 */
export function signFlip({ scale = 1 }: { readonly scale?: number } = {}): Attack {
  checkNumber('signFlip', 'scale', scale, (x) => x > 0, 'a number above 0')
  return { name: 'sign-flip', forge: (_honest, { own }) => ({ rows: own.scale(-scale) }) }
}
