import { checkNumber } from '../refuse.js'
import type { Attack } from './attack.js'

/**
 * Every attacker adds normal noise to what it would have sent.
 *
 * @param options.deviation Standard deviation of each coordinate, ≥ 0. Default 1.
 * @param options.replace True: noise alone. Default false.
 */
export function gaussianNoise(options: { readonly deviation?: number; readonly replace?: boolean } = {}): Attack {
  const { deviation = 1, replace = false } = options
  checkNumber('gaussianNoise', 'deviation', deviation, (x) => x >= 0, 'a number ≥ 0')
  return {
    name: 'gaussian-noise',
    forge(honest, { own, key }) {
      const noise = honest.normal(key, own.count).scale(deviation)
      return { rows: replace ? noise : own.add(noise) }
    },
  }
}
