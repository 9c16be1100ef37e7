import { dropout, LemanicError } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { ApplyContext } from '../model.js'

/** Dropout at the current place of the forward pass; the identity when nothing is dropped. */
export type Dropout = (x: Tensor) => Tensor

/**
 * The dropout of one forward pass: each call draws anew, from the context's key and the number of the call.
 * Throws `missing-key` when training with a rate above 0 and no key.
 */
export function createDropout(rate: number, { training, key }: Pick<ApplyContext, 'training' | 'key'>): Dropout {
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
