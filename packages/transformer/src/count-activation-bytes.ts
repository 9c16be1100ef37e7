import { isGated } from './blocks/block-config.js'
import { blockVisits } from './block-visits.js'
import type { DecoderConfig, DecoderOptions } from './config.js'
import { checkWhole, optionError } from './option-check.js'
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

/** Of one rotation of `count` heads: the engine's result, or what the tables' products and the cut heads take. */
function rotationNumbers(
  { positions, headWidth, rotary: { fraction, scaling, interleaved } }: DecoderConfig,
  count: number,
): number {
  if (positions !== 'rotary') return 0
  const rotated = headWidth * fraction
  const swapped = interleaved ? rotated : 2 * rotated // flipped; two halves, and joined again
  const turned = scaling === null ? rotated : swapped + 3 * rotated
  return count * (turned + (fraction < 1 ? 2 * headWidth : 0))
}

function blockNumbers(config: DecoderConfig): number {
  const { width, heads, keyValueHeads, headWidth, feedForwardWidth, activation, dropout, activationDropout } = config
  const [queryWidth, keyWidth] = [heads * headWidth, keyValueHeads * headWidth]
  const rotated = rotationNumbers(config, heads) + rotationNumbers(config, keyValueHeads)
  const attention = normNumbers(config) + queryWidth + 2 * keyWidth + rotated + (queryWidth + heads) + width // heads: log-sum-exp
  const gate = activation === 'swiglu' ? 4 : 3 // gate, its sigmoid and their product or its GELU, times up
  const feedForward = normNumbers(config) + feedForwardWidth * (1 + (isGated(config) ? gate : 1)) + width
  const dropped = (dropout > 0 ? 2 * width : 0) + (activationDropout > 0 ? feedForwardWidth : 0) // that of attention is formed again
  return attention + feedForward + 2 * width + dropped // two residual sums
}

/** Angles and biases that all blocks share: none for the engine's rotations. */
function sharedNumbers(config: DecoderConfig, tokens: number): number {
  const { positions, headWidth, heads, rotary, stack } = config
  if (positions === 'rotary') return rotary.scaling === null ? 0 : 2 * tokens * headWidth * rotary.fraction
  if (positions !== 'relative') return 0
  const joined = stack.kind === 'cotformer' ? (stack.repeats * (stack.repeats + 1)) / 2 - 1 : 0 // side by side for 2 … R repeats
  return tokens * tokens * (1 + heads * (2 + joined)) // bucket ids, their biases, these turned
}

/** Of the entrance beside the embedding's own result. */
function entranceNumbers(config: DecoderConfig, tokens: number, batch: number): number {
  const { positions, width, embeddingScale, embeddingNorm, dropout } = config
  const everywhere =
    (embeddingScale === 1 ? 0 : width) + (embeddingNorm ? normNumbers(config) : 0) + (dropout > 0 ? width : 0)
  const scale = embeddingScale === 1 ? 0 : 1 // the scalar
  const rows = positions === 'learned' ? tokens * (1 + width) : positions === 'sinusoidal' ? tokens * width : 0 // ids and rows
  return batch * tokens * (everywhere + (rows > 0 ? width : 0)) + rows + scale
}

/** Sums with the depth embedding, and the vectors that are added where they are not the table itself. */
function depthNumbers({ stack: { depthEmbedding, repeats }, width }: DecoderConfig, tokens: number): number {
  if (depthEmbedding === 'none') return 0
  if (depthEmbedding === 'linear') return (repeats - 1) * (width * tokens + width + 1) // the last repeat adds nothing; R − r is a scalar
  return repeats * (width * tokens + (repeats > 1 ? width : 0))
}

/** Of each token: the pauses set side by side, joined to it, and the last of them cut out. */
const pauseNumbers = ({ pauseTokens, width }: DecoderConfig): number => (pauseTokens + (pauseTokens + 1) + 1) * width

/**
 * Bytes that the forward pass of a training step keeps for the backward pass, on an engine with the fused kernels (no
 * T × T matrix), from tokens to logits. Parameters and the loss are not counted. It grows linearly in the repeats.
 *
 * Throws `invalid-option` for a stack that halts: what it holds depends on the tokens that go on.
 */
export function countActivationBytes(
  options: DecoderOptions,
  { tokens, batch = 1 }: ActivationOptions,
): ActivationBytes {
  const config = resolveDecoderConfig(options)
  checkWhole('tokens', tokens, 1)
  checkWhole('batch', batch, 1)
  if (config.stack.halting !== 'none') {
    const help =
      'count a stack with a fixed number of repeats: at full capacity a Mixture of Repeats holds a little more'
    throw optionError('stack.halting', '"none"', config.stack.halting, help)
  }
  const places = tokens * (config.pauseTokens + 1) // of one sequence, in the blocks
  const { width, headWidth, keyValueHeads, vocabularySize, stack, normPlacement, headScale } = config
  const keyWidth = headWidth * keyValueHeads
  const perToken = batch * tokens * bytesPerNumber

  const visits = blockVisits(stack)
  const perPlace = batch * places * bytesPerNumber
  let blocks = visits.length * blockNumbers(config) * perPlace
  if (stack.repeatNorm) blocks += stack.repeats * normNumbers(config) * perPlace
  blocks += (depthNumbers(config, batch * places) + sharedNumbers(config, places)) * bytesPerNumber

  let ends = (width + (normPlacement === 'pre' ? normNumbers(config) : 0) + vocabularySize) * perToken
  ends += entranceNumbers(config, tokens, batch) * bytesPerNumber
  if (config.finalDropout > 0) ends += width * perToken
  if (config.pauseTokens > 0) ends += pauseNumbers(config) * perToken
  if (headScale !== 1) ends += width * perToken + bytesPerNumber
  return { total: blocks + ends, blocks, keysAndValues: visits.length * 2 * keyWidth * perPlace, ends }
}
