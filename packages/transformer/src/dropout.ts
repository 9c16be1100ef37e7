import { dropout, LemanicError } from '@lemanic/tensor-core'
import type { Dropout } from './blocks.js'
import type { ApplyContext } from './model.js'

/**
 * The dropout of one forward pass: each call draws anew, from the context's key and the number of the call.
 * Throws `missing-key` when training with a rate above 0 and no key.
 */
export function createDropout(rate: number, { training, key }: ApplyContext): Dropout {
  if (rate === 0 || training === false) return (x) => x
  if (key === undefined) {
    if (training !== true) return (x) => x
    throw new LemanicError(
      'missing-key',
      `dropout: expected a random key in the context to train with a rate of ${rate}, got none`,
      {
        help: 'pass { key: key.foldIn(step) }, or configure dropout 0',
      },
    )
  }
  let call = 0
  return (x) => dropout(x, rate, key.foldIn(call++))
}
