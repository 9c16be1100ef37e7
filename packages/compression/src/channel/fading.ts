import { RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { checkChoice, checkNumber, checkOptions } from '../refuse.js'

export interface Fading {
  /** Amplitude gains h_k > 0 of `count` workers, for one step. */
  gains(key: RandomKey, count: number): Float64Array
  /**
   * `inversion`: each worker knows its gain and divides by it, and is silent below `threshold`. `none`: gains weigh the
   * workers, and the receiver divides by their sum.
   */
  readonly compensation: 'inversion' | 'none'
  /** Gain below which a worker is silent rather than loud. */
  readonly threshold: number
}

export interface RayleighOptions {
  /** Default `inversion`. */
  readonly compensation?: 'inversion' | 'none'
  /** ≥ 0, for `inversion`. Default 0.1. */
  readonly threshold?: number
}

/**
 * Rayleigh block fading: gains are independent over workers and steps, with E[h²] = 1. Truncated channel inversion as
 * in Amiri & Gündüz, "Federated learning over wireless fading channels", 2020 (arXiv 1907.09769).
 */
export function rayleighFading(options: RayleighOptions = {}): Fading {
  checkOptions('rayleighFading', options, ['compensation', 'threshold'])
  const { compensation = 'inversion', threshold = 0.1 } = options
  checkChoice('rayleighFading', 'compensation', compensation, ['inversion', 'none'])
  checkNumber('rayleighFading', 'threshold', threshold, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')
  return {
    compensation,
    threshold,
    gains(key, count) {
      const stream = new RandomStream(key)
      return Float64Array.from({ length: count }, () => Math.sqrt(-Math.log(1 - stream.nextUniform())))
    },
  }
}

/** The same gains at every step, one for each worker: workers near and far. */
export function fixedGains(gains: readonly number[], options: RayleighOptions = {}): Fading {
  const { compensation, threshold } = rayleighFading(options)
  for (const gain of gains)
    checkNumber('fixedGains', 'gains', gain, (x) => x > 0 && x < Infinity, 'finite numbers above 0')
  return {
    compensation,
    threshold,
    gains(_, count) {
      checkNumber('fixedGains', 'gains', gains.length, (x) => x === count, `one for each of the ${count} workers`)
      return Float64Array.from(gains)
    },
  }
}
