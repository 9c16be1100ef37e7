import { checkNumber } from '../refuse.js'
import type { Attack } from './attack.js'

export interface LargeGradientOptions {
  /** Default 1e6. */
  readonly mean?: number
  /** Standard deviation ≥ 0. Default 200. */
  readonly deviation?: number
}

/**
 * Every coordinate is a normal number around 10⁶.
 *
 * Werner et al., 2023 (arXiv 2306.08393), §4: N(0, 1) · 200 + 10⁶.
 */
export function largeGradient({ mean = 1e6, deviation = 200 }: LargeGradientOptions = {}): Attack {
  checkNumber('largeGradient', 'mean', mean, Number.isFinite, 'a finite number')
  checkNumber('largeGradient', 'deviation', deviation, (x) => x >= 0, 'a number ≥ 0')
  return {
    name: 'large-gradient',
    forge(honest, { own, key }) {
      const ones = honest.fromVectors([new Float64Array(honest.dimension).fill(mean)])
      return { rows: honest.normal(key, own.count).scale(deviation).add(ones) }
    },
  }
}
