import { isGated } from './blocks/block-config.js'
import { blockVisits } from './block-visits.js'
import type { DecoderOptions } from './config.js'
import { checkChoice, checkWhole } from './option-check.js'
import { resolveDecoderConfig } from './resolve-config.js'
import { checkCapacities } from './stacks/routing.js'

export interface MultiplyAccumulateOptions {
  /** Tokens T of the sequence. */
  readonly tokens: number
  /** `full` counts all T × T scores of a segment, as published figures do; `causal` only the T(T + 1)/2 that are seen. Default `full`. */
  readonly attention?: 'full' | 'causal'
  /**
   * Part of all tokens that goes on after each repeat but the last, measured or wanted: what a program needs that computes
   * only these. Halted tokens still offer keys and values: in a CoTFormer those that they have, in Block Universal new ones
   * of their frozen representation. Default: all take all repeats.
   */
  readonly capacities?: readonly number[]
  /** Whether logits are made for the last token alone, as published figures count, or for all, as in training. Default `last`. */
  readonly logits?: 'last' | 'all'
}

/** Multiply–accumulate operations of one forward pass over one sequence. */
export interface MultiplyAccumulates {
  readonly total: number
  /** Queries, keys, values and what follows the heads; routers. */
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
  { tokens, attention = 'full', logits = 'last', capacities }: MultiplyAccumulateOptions,
): MultiplyAccumulates {
  const config = resolveDecoderConfig(options)
  const { width, heads, keyValueHeads, headWidth, feedForwardWidth, vocabularySize, stack, pauseTokens } = config
  checkWhole('tokens', tokens, 1)
  checkChoice('attention', attention, ['full', 'causal'])
  checkChoice('logits', logits, ['last', 'all'])
  if (capacities !== undefined) checkCapacities('capacities', capacities, stack.repeats - 1)
  const queriesPerToken = 2 * width * headWidth * heads // and what follows the heads
  const keysPerToken = 2 * width * headWidth * keyValueHeads
  const feedForwardPerToken = (isGated(config) ? 3 : 2) * width * feedForwardWidth
  const places = tokens * (pauseTokens + 1)
  const seen = attention === 'full' ? places * places : (places * (places + 1)) / 2 // pairs of query and key in a segment
  /** Part of the tokens that repeat r works on; begin and end blocks take all. */
  const share = (repeat: number): number => (repeat < 2 ? 1 : (capacities?.[repeat - 2] ?? 1))

  const counts = {
    projections: 0,
    attention: 0,
    feedForward: 0,
    // PonderNet reads every exit in training, and one in generation
    head:
      vocabularySize * width * (logits === 'all' ? tokens * (stack.halting === 'ponder-net' ? stack.repeats : 1) : 1),
  }
  for (const { segments, repeat } of blockVisits(stack)) {
    const queries = share(repeat)
    let keys = 1 // in shares of all tokens: of all repeats so far, or of this one
    if (stack.kind === 'cotformer' && repeat > 0)
      keys = Array.from({ length: segments }, (_, i) => share(i + 1)).reduce((sum, part) => sum + part, 0)
    const isCopied = stack.kind !== 'cotformer'
    counts.projections += (queriesPerToken * queries + keysPerToken * (isCopied ? 1 : queries)) * places
    counts.attention += 2 * heads * headWidth * queries * keys * seen
    counts.feedForward += feedForwardPerToken * queries * places
  }
  if (stack.halting === 'mixture-of-repeats')
    for (let repeat = 1; repeat < stack.repeats; repeat++) counts.projections += width * share(repeat) * places
  return { total: counts.projections + counts.attention + counts.feedForward + counts.head, ...counts }
}
