import { EvalError } from '../errors.js'
import { normalQuantile } from './normal.js'
import { checkBetween, checkWhole } from './sample-check.js'

/**
 * Wilson's score interval for a proportion: `successes` out of `trials`, `confidence` default 0.95.
 *
 * Never leaves [0, 1] and never collapses at 0 or n. E. B. Wilson, J. American Statistical Association 22 (1927).
 */
export function wilsonInterval(
  successes: number,
  trials: number,
  options: { confidence?: number } = {},
): { proportion: number; confidenceInterval: readonly [number, number] } {
  const { confidence = 0.95 } = options
  checkWhole('wilsonInterval', 'trials', trials, 1)
  checkWhole('wilsonInterval', 'successes', successes, 0)
  checkBetween('wilsonInterval', 'confidence', confidence, 0, 1)
  if (successes > trials) {
    throw new EvalError('invalid-option', `wilsonInterval: expected at most ${trials} successes, got ${successes}.`, {
      successes,
      trials,
    })
  }
  const z = normalQuantile(0.5 + confidence / 2)
  const proportion = successes / trials
  const scale = 1 + (z * z) / trials
  const center = (proportion + (z * z) / (2 * trials)) / scale
  const reach = (z / scale) * Math.sqrt((proportion * (1 - proportion)) / trials + (z * z) / (4 * trials * trials))
  return {
    proportion,
    confidenceInterval: [successes === 0 ? 0 : center - reach, successes === trials ? 1 : center + reach],
  }
}
