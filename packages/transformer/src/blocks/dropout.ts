import { dropout, LemanicError } from '@lemanic/tensor-core'
import type { AttentionOptions, Tensor } from '@lemanic/tensor-core'
import type { ApplyContext } from '../model.js'
import type { BlockConfig } from './block-config.js'

/** Dropout at the current place of the forward pass; the identity when nothing is dropped. */
export type Dropout = (x: Tensor) => Tensor

/** The dropouts of one forward pass, by place. */
export interface Dropouts {
  /** After the embedding and after each part of a block. */
  readonly residual: Dropout
  /** What the next attention drops of its weights; undefined for nothing. */
  readonly attention: () => AttentionOptions['dropout']
  /** Before the last matrix of a feed-forward layer. */
  readonly activation: Dropout
  /** After the last norm. */
  readonly final: Dropout
}

type Rates = Pick<BlockConfig, 'dropout' | 'attentionDropout' | 'activationDropout' | 'finalDropout'>

const same: Dropout = (x) => x

/** Where nothing is dropped. */
export const noDropout: Dropouts = { residual: same, attention: () => undefined, activation: same, final: same }

/**
 * The dropouts of one forward pass: each call draws anew, from the context's key, the place and the number of the call
 * there. Throws `missing-key` when training with a rate above 0 and no key.
 */
export function createDropouts(rates: Rates, { training, key }: Pick<ApplyContext, 'training' | 'key'>): Dropouts {
  const { dropout: residual, attentionDropout, activationDropout, finalDropout } = rates
  const highest = Math.max(residual, attentionDropout, activationDropout, finalDropout)
  if (highest === 0 || training === false) return noDropout
  if (key === undefined) {
    if (training !== true) return noDropout
    throw new LemanicError(
      'missing-key',
      `dropout: expected a random key in the context to train with a rate of ${highest}, got none`,
      {
        help: 'pass { key: key.foldIn(step) }, or configure dropout 0',
      },
    )
  }
  const place = (rate: number, own: typeof key): Dropout => {
    let call = 0
    return rate === 0 ? same : (x) => dropout(x, rate, own.foldIn(call++))
  }
  const attentionKey = key.foldIn('attention')
  let attentions = 0
  return {
    residual: place(residual, key),
    attention: () =>
      attentionDropout === 0 ? undefined : { rate: attentionDropout, key: attentionKey.foldIn(attentions++) },
    activation: place(activationDropout, key.foldIn('activation')),
    final: place(finalDropout, key.foldIn('final')),
  }
}
