/**
 * PonderNet: Banino, Balaguer, Blundell, "PonderNet: Learning to Ponder" (arXiv 2107.05407), on a looped stack; a baseline
 * in table 5 of "CoTFormer" (arXiv 2310.10845).
 *
 *   yᵣ = end blocks of x⁽ʳ⁾;   λᵣ = σ(haltᵣ yᵣ);   pᵣ = λᵣ ∏ⱼ₍ⱼ₌₁…ᵣ₋₁₎ (1 − λⱼ), the last takes the rest
 *   loss: Σᵣ pᵣ · crossEntropy(yᵣ) + β · KL(p ‖ geometric(λₚ), cut at R)
 *   evaluation: a repeat is drawn from p; without a key the first by which p sums to one half
 *
 *   haltᵣ   halt     one linear layer a repeat
 *   λₚ      prior    0.4
 *   β       weight   0.2 (applied where the loss is made)
 *
 * Deviations from CoTFormer's reference code: it averages Σᵣ over the repeats too and takes KL(geometric ‖ p); PonderNet's
 * paper is followed in both.
 */
import {
  add,
  cast,
  greaterEqual,
  log,
  mean,
  multiply,
  randomUniform,
  reshape,
  sigmoid,
  subtract,
  where,
  zeros,
} from '@lemanic/tensor-core'
import type { RandomKey, Tensor } from '@lemanic/tensor-core'
import type { Exit, RepeatObserver, StackOutcome, StackParts } from './stack.js'

export interface PonderParts extends StackParts {
  /** Applies the repeated blocks: to themselves, or with the memory of a CoTFormer. */
  applyMiddle(x: Tensor): Tensor
  /** Scores of halting after a repeat: [B, T, width] → [B, T, 1]. */
  halt(x: Tensor, repeat: number): Tensor
  /** λₚ. */
  readonly prior: number
  /** Decides the exits of an evaluation. */
  readonly key?: RandomKey | undefined
  readonly observe?: RepeatObserver | undefined
}

export function ponderNet(parts: PonderParts, x: Tensor): StackOutcome {
  const { begin, end, repeats, enterRepeat, leaveRepeat, applyMiddle, halt, prior, key, observe } = parts
  for (const block of begin) x = block(x)
  const [batch, time] = x.shape as [number, number, number]
  const exits: Exit[] = []
  let left: Tensor | undefined // not yet halted, [B, T]
  for (let repeat = 1; repeat <= repeats; repeat++) {
    x = leaveRepeat(applyMiddle(enterRepeat(x, repeat)))
    let y = x
    for (const block of end) y = block(y)
    if (repeat === repeats) {
      exits.push({ x: y, probability: left! })
      break
    }
    const lambda = sigmoid(reshape(halt(y, repeat), [batch, time]))
    exits.push({ x: y, probability: left === undefined ? lambda : multiply(left, lambda) })
    left = left === undefined ? subtract(1, lambda) : multiply(left, subtract(1, lambda))
  }
  const chosen = chooseExit(exits, key, observe)
  return { x: chosen, exits, penalty: divergence(exits, prior) }
}

/** The result of one exit a token. */
function chooseExit(exits: readonly Exit[], key: RandomKey | undefined, observe: RepeatObserver | undefined): Tensor {
  const { probability, x: first } = exits[0]!
  const [batch, time] = probability.shape as [number, number]
  const { backend } = probability
  const bound = key === undefined ? 0.5 : randomUniform(key.foldIn('exits'), [batch, time], { backend })
  let passed = zeros([batch, time], { backend })
  let x = first
  exits.forEach((exit, i) => {
    // a token is here as long as less than its bound has halted before
    const isHere = i === 0 ? undefined : greaterEqual(subtract(bound, passed), 0)
    if (isHere !== undefined) x = where(reshape(isHere, [batch, time, 1]), exit.x, x)
    observe?.({ repeat: i + 1, active: isHere === undefined ? add(passed, 1) : cast(isHere, 'float32') })
    passed = add(passed, exit.probability)
  })
  return x
}

/** KL(p ‖ the geometric distribution whose last entry takes the rest), mean over tokens. */
function divergence(exits: readonly Exit[], prior: number): Tensor {
  let total: Tensor | undefined
  exits.forEach(({ probability }, i) => {
    const expected = i === exits.length - 1 ? (1 - prior) ** i : prior * (1 - prior) ** i
    const part = multiply(probability, log(multiply(add(probability, 1e-9), 1 / expected)))
    total = total === undefined ? part : add(total, part)
  })
  return mean(total!)
}
