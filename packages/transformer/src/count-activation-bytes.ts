import { blockVisits } from './block-visits.js'
import type { DecoderConfig, DecoderOptions } from './config.js'
import { checkWhole } from './option-check.js'
import { resolveDecoderConfig } from './resolve-config.js'

const bytesPerNumber = 4

export interface ActivationOptions {
  /** Tokens of each sequence. */
  readonly tokens: number
  /** Sequences. Default 1. */
  readonly batch?: number
}

/** Bytes of float32 results that a training step holds when the forward pass ends. */
export interface ActivationBytes {
  readonly total: number
  /** In the visits of blocks, with the norms between repeats. */
  readonly blocks: number
  /** Of `blocks`, the keys and values that queries look at. */
  readonly keysAndValues: number
  /** Embedding, last norm and logits. */
  readonly ends: number
}

function normNumbers({ norm, width }: DecoderConfig): number {
  return width + (norm === 'layer' ? 2 : 1) // result; mean and inverse deviation, or inverse root mean square
}

function blockNumbers(config: DecoderConfig, keyWidth: number): number {
  const { width, heads, feedForwardWidth, activation, positions, dropout } = config
  const rotated = positions === 'rotary' ? width + keyWidth : 0
  const attention = normNumbers(config) + width + 2 * keyWidth + rotated + (width + heads) + width // heads: log-sum-exp
  const activationResults = activation === 'swiglu' ? 4 : 1 // gate, its sigmoid, their product, times up
  const feedForward = normNumbers(config) + feedForwardWidth * (1 + activationResults) + width
  return attention + feedForward + 2 * width + (dropout > 0 ? 2 * width : 0) // two residual sums
}

/** Sums with the depth embedding, and the vectors that are added where they are not the table itself. */
function depthNumbers({ stack: { depthEmbedding, repeats }, width }: DecoderConfig, tokens: number): number {
  if (depthEmbedding === 'none') return 0
  if (depthEmbedding === 'linear') return (repeats - 1) * (width * tokens + width + 1) // the last repeat adds nothing; R − r is a scalar
  return repeats * (width * tokens + (repeats > 1 ? width : 0))
}

/**
 * Bytes that the forward pass of a training step keeps for the backward pass, on an engine with the fused kernels (no
 * T × T matrix), from tokens to logits. Parameters and the loss are not counted. It grows linearly in the repeats.
 */
export function countActivationBytes(
  options: DecoderOptions,
  { tokens, batch = 1 }: ActivationOptions,
): ActivationBytes {
  const config = resolveDecoderConfig(options)
  checkWhole('tokens', tokens, 1)
  checkWhole('batch', batch, 1)
  const { width, heads, keyValueHeads, contextLength, vocabularySize, stack, positions, dropout } = config
  const keyWidth = (width / heads) * keyValueHeads
  const perToken = batch * tokens * bytesPerNumber

  const visits = blockVisits(stack)
  let blocks = visits.length * blockNumbers(config, keyWidth) * perToken
  if (stack.repeatNorm) blocks += stack.repeats * normNumbers(config) * perToken
  blocks += depthNumbers(config, batch * tokens) * bytesPerNumber

  let ends = (width + (dropout > 0 ? width : 0) + normNumbers(config) + vocabularySize) * perToken
  if (positions === 'learned') ends += width * (perToken + (tokens < contextLength ? tokens * bytesPerNumber : 0)) // the sum, and the rows cut out
  return { total: blocks + ends, blocks, keysAndValues: visits.length * 2 * keyWidth * perToken, ends }
}
