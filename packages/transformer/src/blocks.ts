/**
 * The pre-norm transformer block (Radford et al. 2019): x ← x + attention(norm x); x ← x + feedForward(norm x).
 * Shapes: B sequences, T tokens, H heads, G heads of keys and values, D = width / H, F the feed-forward width.
 */
import {
  add,
  attention,
  gelu,
  layerNorm,
  linear,
  multiply,
  relu,
  reshape,
  rmsNorm,
  rotary,
  scope,
  silu,
} from '@lemanic/tensor-core'
import type { Params, Tensor } from '@lemanic/tensor-core'
import type { DecoderConfig } from './config.js'

/** What queries look at: segments of keys and values [B, S, G, D] under one softmax; key j is seen from j on. */
export interface KeyValues {
  readonly keys: readonly Tensor[]
  readonly values: readonly Tensor[]
  /** Added to the scores, [1|B, 1|H, T, ΣS]; −Infinity hides. */
  readonly bias?: Tensor
}

/** Takes the keys and values that a block has just made, and says what its queries look at. */
export interface KeyValueMemory {
  /** Tensors that must outlive the block. */
  readonly held: readonly Tensor[]
  remember(key: Tensor, value: Tensor): KeyValues
}

/** One block with its parameters: [B, T, width] → [B, T, width]. Without a memory it attends to its own keys. */
export type Block = (x: Tensor, memory?: KeyValueMemory) => Tensor

/** Dropout at the current place of the forward pass; the identity when nothing is dropped. */
export type Dropout = (x: Tensor) => Tensor

/** x·Wᵀ (+ b) with the parameters under a name. */
function project(params: Params, name: string, x: Tensor): Tensor {
  return linear(x, params[`${name}.weight`]!, params[`${name}.bias`])
}

/** The configured norm with the parameters under a name: […, width] → […, width]. */
export function normalize(config: DecoderConfig, params: Params, name: string, x: Tensor): Tensor {
  const options = { epsilon: config.normEpsilon }
  const gain = params[`${name}.weight`]!
  return config.norm === 'rms' ? rmsNorm(x, gain, options) : layerNorm(x, gain, params[`${name}.bias`], options)
}

/** Causal self-attention over what the memory offers; queries and keys are rotated once, where they are made. */
function selfAttention(
  config: DecoderConfig,
  params: Params,
  name: string,
  x: Tensor,
  memory: KeyValueMemory | undefined,
): Tensor {
  const { heads, keyValueHeads, width } = config
  const [batch, time] = x.shape as [number, number]
  const split = (y: Tensor, count: number): Tensor => reshape(y, [batch, time, count, width / heads])
  const place = (y: Tensor): Tensor => (config.positions === 'rotary' ? rotary(y, config.rotary) : y)

  const query = place(split(project(params, `${name}.query`, x), heads)) // [B, T, H, D]
  const key = place(split(project(params, `${name}.key`, x), keyValueHeads)) // [B, T, G, D]
  const value = split(project(params, `${name}.value`, x), keyValueHeads) // [B, T, G, D]
  const { keys, values, bias } = memory?.remember(key, value) ?? { keys: [key], values: [value] }
  const mixed = attention(query, keys, values, bias === undefined ? { causal: true } : { causal: true, bias }) // [B, T, H, D]
  return project(params, `${name}.output`, reshape(mixed, [batch, time, width]))
}

/** Two linear layers with the activation between, or three with a gate (Shazeer 2020): width → F → width. */
function feedForward(config: DecoderConfig, params: Params, name: string, x: Tensor): Tensor {
  const up = project(params, `${name}.up`, x) // [B, T, F]
  const activated =
    config.activation === 'swiglu'
      ? multiply(silu(project(params, `${name}.gate`, x)), up)
      : config.activation === 'relu'
        ? relu(up)
        : gelu(up, { approximate: config.activation === 'gelu-tanh' ? 'tanh' : 'none' })
  return project(params, `${name}.down`, activated)
}

/** The block whose parameters begin with `name`; outside a gradient it leaves only its result and what the memory holds. */
export function createBlock(config: DecoderConfig, params: Params, name: string, dropout: Dropout): Block {
  return (x, memory) =>
    scope(() => {
      const attended = selfAttention(
        config,
        params,
        `${name}.attention`,
        normalize(config, params, `${name}.attention_norm`, x),
        memory,
      )
      const y = add(x, dropout(attended))
      const fed = feedForward(
        config,
        params,
        `${name}.feed_forward`,
        normalize(config, params, `${name}.feed_forward_norm`, y),
      )
      return { result: add(y, dropout(fed)), held: memory?.held }
    }).result
}
