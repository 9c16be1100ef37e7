import type { Params } from '@lemanic/tensor-core'
import type { Decoder } from './model.js'
import { optionError } from './option-check.js'
import { checkCapacities } from './stacks/routing.js'
import { traceExits } from './trace-exits.js'

/** Thresholds for the routers of a Mixture of Repeats, and what they let through. */
export interface Calibration {
  /** One for each repeat but the last: `routing: { thresholds }`, or `thresholds` of `generate`. */
  readonly thresholds: number[]
  /** Part of the calibration tokens that went on after each repeat. */
  readonly realized: number[]
}

/** Weights of one router for all tokens that reached it. */
async function weightsOf(
  model: Decoder,
  params: Params,
  sequences: readonly ArrayLike<number>[],
  thresholds: readonly number[],
  router: number,
): Promise<{ weights: number[]; tokens: number }> {
  const weights: number[] = []
  let tokens = 0
  for (const sequence of sequences) {
    const { repeats, weights: all } = await traceExits(model, params, sequence, { routing: { thresholds } })
    tokens += repeats.length
    for (const weight of all[router] ?? []) if (!Number.isNaN(weight)) weights.push(weight)
  }
  return { weights, tokens }
}

/**
 * Thresholds by which, on the calibration text, a part of all tokens goes on after each repeat as wanted
 * (`capacities`, repeats − 1 numbers, none larger than the one before): quantiles of each router's weights, found one
 * router after another, since a threshold changes what later routers see. Sequences have 1 to contextLength tokens.
 *
 * Top-k routing looks at the whole sequence, a threshold only at the token: what is realized on other text differs.
 */
export async function calibrateThresholds(
  model: Decoder,
  params: Params,
  sequences: readonly ArrayLike<number>[],
  capacities: readonly number[],
): Promise<Calibration> {
  const { halting, repeats } = model.config.stack
  if (halting !== 'mixture-of-repeats')
    throw optionError('stack.halting', '"mixture-of-repeats": only routers have thresholds', halting)
  checkCapacities('capacities', capacities, repeats - 1)
  if (sequences.length === 0) throw optionError('sequences', 'at least one sequence of tokens', sequences)
  const thresholds: number[] = []
  const realized: number[] = []
  for (let router = 0; router < repeats - 1; router++) {
    const closed = Array.from({ length: repeats - 1 }, (_, i) => thresholds[i] ?? 1)
    const { weights, tokens } = await weightsOf(model, params, sequences, closed, router)
    weights.sort((a, b) => b - a)
    const wanted = Math.min(weights.length, Math.round(capacities[router]! * tokens))
    thresholds.push(thresholdOf(weights, wanted))
    realized.push(weights.filter((weight) => weight > thresholds[router]!).length / tokens)
  }
  return { thresholds, realized }
}

/** A number that `count` of the descending weights exceed, as far as equal weights allow it. */
function thresholdOf(weights: readonly number[], count: number): number {
  if (count === 0) return 1
  if (count === weights.length) return 0
  return (weights[count - 1]! + weights[count]!) / 2
}

/**
 * The paper's budgets: for each level from 0 to 1, the part of tokens to which router i gave a weight of at least
 * 1 − level, as capacities; a smaller part than the router before at most. `weights[i]` are those of router i + 1 for
 * tokens at full capacity (`traceExits`), `tokens` the length to which parts are rounded up.
 */
export function capacitiesOfLevel(weights: readonly ArrayLike<number>[], level: number, tokens: number): number[] {
  let former = 1
  return weights.map((all) => {
    let count = 0
    for (let i = 0; i < all.length; i++) if (all[i]! >= 1 - level) count++
    former = Math.min(former, Math.ceil((count / all.length) * tokens) / tokens)
    return former
  })
}
