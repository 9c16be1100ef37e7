import type { Dropouts } from './dropout.js'
import type { CacheSlot } from './key-value-cache.js'
import type { Rotation } from './rotation.js'
import type { ScoreBias } from './score-bias.js'

/** What all blocks of one forward pass share. */
export interface Pass {
  readonly dropout: Dropouts
  /** Turns queries and keys to their positions; the identity without rotary positions. */
  readonly rotate: Rotation
  /** Hides padding and adds relative positions. */
  readonly scoreBias: ScoreBias
  /** Whether a token sees only itself and those before it. */
  readonly causal: boolean
  /** Keys and values of the tokens before those of this pass. */
  readonly cache?: { slot(): CacheSlot } | undefined
}
