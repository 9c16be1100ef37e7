/** Shapes: B sequences, T tokens, S source tokens, H heads, G heads of keys and values, D the width of a head. */
import { attention, reshape } from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import type { BlockConfig } from './block-config.js'
import type { CacheSlot } from './key-value-cache.js'
import { project } from './layers.js'
import type { Pass } from './pass.js'
import type { Rotation } from './rotation.js'

/** What queries look at: segments of keys and values [B, S, G, D] under one softmax; key j is seen from j on. */
export interface KeyValues {
  readonly keys: readonly Tensor[]
  readonly values: readonly Tensor[]
  /** Added to the scores instead of the pass's bias, [1|B, 1|H, T, ΣS]; −Infinity hides. */
  readonly bias?: Tensor
  /** Whether key j is seen from j on. Default: as the pass says. */
  readonly causal?: boolean
}

/** Takes the keys and values of a block's tokens (of those in the cache too), and says what its queries look at. */
export interface KeyValueMemory {
  /** Tensors that must outlive the block. */
  readonly held: readonly Tensor[]
  /** Turns queries and keys to their positions where these are not those of the pass. */
  readonly rotate?: Rotation
  remember(own: KeyValues): KeyValues
}

/** The result of an encoder as decoder blocks see it. */
export interface Source {
  /** [B, S, width]. */
  readonly hidden: Tensor
  /** Hides padding, [B, 1, T, S]. */
  readonly bias?: Tensor | undefined
}

const splitHeads = (x: Tensor, heads: number, width: number): Tensor =>
  reshape(x, [x.shape[0]!, x.shape[1]!, heads, width])

const joinHeads = (x: Tensor): Tensor => reshape(x, [x.shape[0]!, x.shape[1]!, x.shape[2]! * x.shape[3]!])

const totalLength = (segments: readonly Tensor[]): number => segments.reduce((sum, { shape }) => sum + shape[1]!, 0)

/**
 * Attention of tokens to tokens of the same sequence; queries and keys are rotated once, where they are made. Keys and
 * values are made of `context` [B, T, width], by default x itself.
 */
export function selfAttention(
  config: BlockConfig,
  params: Params,
  name: string,
  x: Tensor,
  pass: Pass,
  slot: CacheSlot | undefined,
  memory: KeyValueMemory | undefined,
  context: Tensor = x,
): Tensor {
  const { heads, keyValueHeads, headWidth, attentionScale } = config
  const rotate = memory?.rotate ?? pass.rotate
  const query = rotate(splitHeads(project(params, `${name}.query`, x), heads, headWidth)) // [B, T, H, D]
  const key = rotate(splitHeads(project(params, `${name}.key`, context), keyValueHeads, headWidth)) // [B, T, G, D]
  const value = splitHeads(project(params, `${name}.value`, context), keyValueHeads, headWidth) // [B, T, G, D]
  const own = slot?.extend(key, value) ?? { keys: [key], values: [value] }
  const seen = memory?.remember(own) ?? own
  const bias = seen.bias ?? pass.scoreBias(totalLength(seen.keys) / totalLength(own.keys))
  const causal = seen.causal ?? pass.causal
  pass.observe?.({ block: name, query, keys: seen.keys, bias, causal, scale: attentionScale })
  const options = { causal, scale: attentionScale, ...(bias && { bias }) }
  return project(params, `${name}.output`, joinHeads(attention(query, seen.keys, seen.values, options)))
}

/** Attention of decoded tokens to the source: keys and values are made once and kept in the cache. */
export function crossAttention(
  config: BlockConfig,
  params: Params,
  name: string,
  x: Tensor,
  { hidden, bias }: Source,
  slot: CacheSlot | undefined,
): Tensor {
  const { heads, keyValueHeads, headWidth, attentionScale } = config
  const query = splitHeads(project(params, `${name}.query`, x), heads, headWidth) // [B, T, H, D]
  const make = (): [key: Tensor, value: Tensor] => [
    splitHeads(project(params, `${name}.key`, hidden), keyValueHeads, headWidth), // [B, S, G, D]
    splitHeads(project(params, `${name}.value`, hidden), keyValueHeads, headWidth),
  ]
  const [key, value] = slot?.once(make) ?? make()
  const mixed = attention(query, key, value, { scale: attentionScale, ...(bias && { bias }) })
  return project(params, `${name}.output`, joinHeads(mixed))
}
