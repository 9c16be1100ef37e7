import { isGated } from './blocks/block-config.js'
import { blockVisits } from './block-visits.js'
import type { DecoderOptions } from './config.js'
import { checkChoice, checkWhole } from './option-check.js'
import { resolveDecoderConfig } from './resolve-config.js'

export interface MultiplyAccumulateOptions {
  /** Tokens T of the sequence. */
  readonly tokens: number
  /** `full` counts all T × T scores of a segment, as published figures do; `causal` only the T(T + 1)/2 that are seen. Default `full`. */
  readonly attention?: 'full' | 'causal'
  /** Whether logits are made for the last token alone, as published figures count, or for all, as in training. Default `last`. */
  readonly logits?: 'last' | 'all'
}

/** Multiply–accumulate operations of one forward pass over one sequence. */
export interface MultiplyAccumulates {
  readonly total: number
  /** Queries, keys, values and what follows the heads. */
  readonly projections: number
  /** Scores and weighted sums. */
  readonly attention: number
  readonly feedForward: number
  readonly head: number
}

/**
 * Multiply–accumulates of the matrix products in a forward pass, block by block as the stack visits them. The defaults
 * count as the CoTFormer paper's figure 2 does. Norms, activations, rotations and softmax are left out; a training
 * step costs about three times as much.
 */
export function countMultiplyAccumulates(
  options: DecoderOptions,
  { tokens, attention = 'full', logits = 'last' }: MultiplyAccumulateOptions,
): MultiplyAccumulates {
  const config = resolveDecoderConfig(options)
  const { width, heads, keyValueHeads, headWidth, feedForwardWidth, vocabularySize, stack } = config
  checkWhole('tokens', tokens, 1)
  checkChoice('attention', attention, ['full', 'causal'])
  checkChoice('logits', logits, ['last', 'all'])
  const projectionsPerToken = 2 * width * headWidth * heads + 2 * width * headWidth * keyValueHeads
  const feedForwardPerToken = (isGated(config) ? 3 : 2) * width * feedForwardWidth
  const seen = attention === 'full' ? tokens * tokens : (tokens * (tokens + 1)) / 2 // pairs of query and key in a segment

  const counts = {
    projections: 0,
    attention: 0,
    feedForward: 0,
    head: vocabularySize * width * (logits === 'all' ? tokens : 1),
  }
  for (const { segments } of blockVisits(stack)) {
    counts.projections += projectionsPerToken * tokens
    counts.attention += 2 * heads * headWidth * segments * seen
    counts.feedForward += feedForwardPerToken * tokens
  }
  return { total: counts.projections + counts.attention + counts.feedForward + counts.head, ...counts }
}
