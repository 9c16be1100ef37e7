/**
 * The transformer block (Vaswani et al. 2017), pre-norm: x ← x + f(norm x) for each part f: attention, attention to
 * a source where there is one, feed-forward layer; or post-norm: x ← norm(x + f(x)). In the parallel form
 * (Wang & Komatsuzaki 2021) x ← x + attention(norm₁ x) + feedForward(norm₂ x).
 */
import { add, scope } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import { crossAttention, selfAttention, type KeyValueMemory, type Source } from './attention.js'
import type { BlockConfig } from './block-config.js'
import { feedForward, normalize } from './layers.js'
import type { Pass } from './pass.js'

/**
 * One block with its parameters: [B, T, width] → [B, T, width]. Without a memory it attends to its own keys, which are made
 * of `context` [B, T, width], by default x.
 */
export type Block = (x: Tensor, memory?: KeyValueMemory, context?: Tensor) => Tensor

/** The block whose parameters begin with `name`; outside a gradient it leaves only its result and what memory and cache hold. */
export function createBlock(config: BlockConfig, params: Params, name: string, pass: Pass, source?: Source): Block {
  const part = (norm: string, f: (x: Tensor) => Tensor) => (x: Tensor) => {
    if (config.normPlacement === 'post') return normalize(config, params, `${name}.${norm}`, add(x, pass.dropout(f(x))))
    return add(x, pass.dropout(f(normalize(config, params, `${name}.${norm}`, x))))
  }
  const feed = (x: Tensor): Tensor => feedForward(config, params, `${name}.feed_forward`, x)
  return (x, memory, context) =>
    scope(() => {
      const slot = pass.cache?.slot()
      const seen =
        context === undefined || config.normPlacement === 'post'
          ? context
          : normalize(config, params, `${name}.attention_norm`, context)
      const attend = (y: Tensor): Tensor =>
        selfAttention(config, params, `${name}.attention`, y, pass, slot, memory, seen)
      const look = (y: Tensor): Tensor => crossAttention(config, params, `${name}.cross_attention`, y, source!, slot)
      let result: Tensor
      if (config.residual === 'parallel') {
        const fed = pass.dropout(feed(normalize(config, params, `${name}.feed_forward_norm`, x)))
        result = add(part('attention_norm', attend)(x), fed)
      } else {
        result = part('attention_norm', attend)(x)
        if (source !== undefined) result = part('cross_attention_norm', look)(result)
        result = part('feed_forward_norm', feed)(result)
      }
      return { result, held: [memory?.held, slot?.held] }
    }).result
}
