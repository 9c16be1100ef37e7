/**
 * Adaptive computation by stick-breaking: Tan, Shen, Chen, Courville, Gan, "Sparse Universal Transformer" (arXiv
 * 2310.07096), section 3.3; a baseline in table 5 of "CoTFormer" (arXiv 2310.10845).
 *
 *   after repeat i:  g = softmax(gate x)[halt]
 *                    pᵢ = g · ∏ⱼ₍ⱼ₌₁…ᵢ₋₁₎ (1 − gⱼ)         probability to halt here
 *                    h ← h + pᵢ·x                              what has halted
 *                    c ← c·(1 − g), 0 once it is below 1 − τ    probability to go on
 *   keys and values of each block come from h + c·x; in the last repeat the rest c goes to x
 *   result: h        penalty: Σ i·pᵢ + R·c, the expected number of repeats, mean over tokens
 *
 *   gate   two linear layers with GELU between, the second 0 at first: half of what is left halts after each repeat
 *   τ      threshold   0.999
 *
 * Deviations from CoTFormer's reference code: it feeds the last x, not the mixture h, to what follows; sums the penalty
 * over tokens, and counts the rest as repeat R + 1. The paper of stick-breaking is followed in all three.
 */
import {
  add,
  exp,
  greaterEqual,
  logSoftmax,
  mean,
  multiply,
  ones,
  slice,
  subtract,
  where,
  zeros,
  cast,
  reshape,
} from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { RepeatObserver, StackOutcome, StackParts } from './stack.js'

export interface StickBreakingParts extends StackParts {
  /** Scores to go on and to halt: [B, T, width] → [B, T, 2]. */
  gate(x: Tensor): Tensor
  /** τ. */
  readonly threshold: number
  readonly observe?: RepeatObserver | undefined
}

export function stickBreaking(parts: StickBreakingParts, x: Tensor): StackOutcome {
  const { begin, middle, end, repeats, enterRepeat, leaveRepeat, gate, threshold, observe } = parts
  for (const block of begin) x = block(x)
  const [batch, time, width] = x.shape as [number, number, number]
  const { backend } = x
  let logOn = zeros([batch, time, 1], { backend }) // logarithm of the probability not to have halted
  let on = ones([batch, time, 1], { backend }) // c
  let halted = zeros([batch, time, width], { backend }) // h
  let depth = zeros([batch, time, 1], { backend }) // expected repeats
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const before = x
    const active = greaterEqual(on, 1 - threshold) // bool [B, T, 1]
    observe?.({ repeat, active: reshape(cast(active, 'float32'), [batch, time]) })
    x = enterRepeat(x, repeat)
    for (const block of middle) x = block(x, undefined, add(halted, multiply(on, x)))
    x = where(active, leaveRepeat(x), before)
    if (repeat === repeats) {
      halted = add(halted, multiply(on, x))
      depth = add(depth, multiply(on, repeat))
      break
    }
    logOn = add(logOn, slice(logSoftmax(gate(x)), [undefined, undefined, [0, 1]]))
    const left = exp(logOn)
    const next = where(greaterEqual(left, 1 - threshold), left, 0)
    const stops = subtract(on, next)
    halted = add(halted, multiply(stops, x))
    depth = add(depth, multiply(stops, repeat))
    on = next
  }
  x = halted
  for (const block of end) x = block(x)
  return { x, penalty: mean(depth) }
}
