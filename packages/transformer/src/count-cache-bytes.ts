import { blockVisits } from './block-visits.js'
import type { DecoderOptions } from './config.js'
import { checkWhole } from './option-check.js'
import { resolveDecoderConfig } from './resolve-config.js'
import { checkCapacities } from './stacks/routing.js'

const bytesPerNumber = 4

export interface CacheOptions {
  /** Tokens of each sequence, prompt and new ones. */
  readonly tokens: number
  /** Sequences. Default 1. */
  readonly batch?: number
  /** Part of all tokens that goes on after each repeat but the last (Mixture of Repeats). Default: all. */
  readonly capacities?: readonly number[]
}

/**
 * Bytes of a `KeyValueCache` in float32 after so many tokens: keys and values of every application of a block. A routed
 * CoTFormer holds those of a token for the repeats that it took alone, and their positions; Block Universal, adaptive or
 * not, those of every token in every repeat. Rows of a batch that stop at different tokens share the longest's room.
 */
export function countCacheBytes(options: DecoderOptions, { tokens, batch = 1, capacities }: CacheOptions): number {
  const config = resolveDecoderConfig(options)
  const { stack, keyValueHeads, headWidth, pauseTokens } = config
  checkWhole('tokens', tokens, 1)
  checkWhole('batch', batch, 1)
  if (capacities !== undefined) checkCapacities('capacities', capacities, stack.repeats - 1)
  const isRouted = stack.halting === 'mixture-of-repeats' && stack.kind === 'cotformer'
  const places = tokens * (pauseTokens + 1)
  const placesOf = (repeat: number): number =>
    isRouted && repeat > 1 ? Math.round((capacities?.[repeat - 2] ?? 1) * places) : places
  let numbers = 0
  for (const { repeat } of blockVisits(stack)) numbers += 2 * keyValueHeads * headWidth * placesOf(repeat)
  if (isRouted) for (let repeat = 1; repeat <= stack.repeats; repeat++) numbers += placesOf(repeat)
  return batch * numbers * bytesPerNumber
}
