import { randomCategorical } from '@lemanic/tensor-core'
import type { RandomKey } from '@lemanic/tensor-core'

/** The index of the largest logit, the first of equals. */
export function mostLikely(logits: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i
  return best
}

/**
 * Draws an index with probability softmax(logits); −Infinity is never drawn. Worked out in float64 on the host: the
 * same key and logits give the same index.
 */
export function drawToken(logits: ArrayLike<number>, key: RandomKey): number {
  const largest = logits[mostLikely(logits)]!
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - largest))
  return randomCategorical(key, weights, 1)[0]!
}
