import type { Tensor } from '@lemanic/tensor-core'
import type { Dropout } from './dropout.js'
import type { KeyValueCache } from './key-value-cache.js'
import type { Rotation } from './rotation.js'
import type { ScoreBias } from './score-bias.js'

/** What all blocks of one forward pass share. */
export interface Pass {
  readonly dropout: Dropout
  /** Turns queries and keys to their positions; the identity without rotary positions. */
  readonly rotate: Rotation
  /** Hides padding and adds relative positions. */
  readonly scoreBias: ScoreBias
  /** Whether a token sees only itself and those before it. */
  readonly causal: boolean
  /** Keys and values of the tokens before those of this pass. */
  readonly cache?: KeyValueCache | undefined
  /** Is shown what every self-attention looks at, inside the pass's scope. */
  readonly observe?: ((attended: Attended) => void) | undefined
}

/** Queries [B, T, H, D] and the segments of keys [B, S, G, D] that they look at. */
export interface Attended {
  /** Name of the attention's parameters. */
  readonly block: string
  readonly query: Tensor
  readonly keys: readonly Tensor[]
  readonly bias: Tensor | undefined
  readonly causal: boolean
  readonly scale: number
}
