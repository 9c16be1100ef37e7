import {
  broadcastTo,
  cast,
  type Context,
  greater,
  greaterEqual,
  min,
  multiply,
  randomUniform,
  type Tensor,
  where,
} from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import type { FusionBatch } from './fusion-model.js'

/** Probability that training takes a present modality away: of all, or of each by name. */
export type ModalityDropout = number | Readonly<Record<string, number>>

/** Refuses rates outside 0 … 1. */
export function checkModalityDropout(where: string, rate: ModalityDropout): void {
  for (const value of typeof rate === 'number' ? [rate] : Object.values(rate)) {
    if (!(value >= 0 && value < 1))
      throw invalid(where, `modalityDropout: expected a rate of at least 0 and below 1, got ${value}`)
  }
}

/**
 * Modality drop-out: in training each sample loses each modality with a probability, so that the model sees every
 * subset, whatever the label. Where whole batches skip, whole batches lose it.
 */
export function dropModalities(
  batch: FusionBatch,
  rate: ModalityDropout,
  skip: 'sample' | 'batch',
  context: Context | undefined,
): FusionBatch {
  if (context?.training !== true || rate === 0) return batch
  const key = context.key.foldIn('modality-dropout')
  const present = Object.fromEntries(
    Object.entries(batch.present).map(([name, own]) => {
      const chance = typeof rate === 'number' ? rate : (rate[name] ?? 0)
      if (chance === 0) return [name, own]
      const shape = skip === 'batch' ? [1, 1] : own.shape
      const stays = cast(greaterEqual(randomUniform(key.foldIn(name), shape), chance), 'float32')
      return [name, multiply(own, stays)]
    }),
  )
  return { ...batch, present }
}

/** Who has the modality as the model sees it, [B, 1]: each sample for itself, or the batch only when all do. */
export function presenceIn(batch: FusionBatch, name: string, skip: 'sample' | 'batch'): Tensor {
  const own = batch.present[name]
  return skip === 'sample' ? own : broadcastTo(min(own, 0, { keepDimensions: true }), own.shape)
}

/** a where the mask [B, 1] is 1, else b: what is not chosen gets a gradient of exactly 0. */
export function choose(mask: Tensor, a: Tensor, b: Tensor): Tensor {
  return where(broadcastTo(greater(mask, 0.5), a.shape), a, b)
}

/** Samples of a batch. */
export function rowsOf(batch: FusionBatch): number {
  const first = Object.values(batch.present)[0]
  if (first === undefined)
    throw invalid('FusionModel.apply', 'expected a batch with "present", got one without modalities')
  return first.shape[0]
}
