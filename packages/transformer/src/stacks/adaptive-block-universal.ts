/**
 * Mixture of Repeats on a Block Universal Transformer, the adaptive baseline of "CoTFormer" (Mohtashami, Pagliardini,
 * Jaggi, arXiv 2310.10845), figure 4 and table 5. Routers and weights are those of `mixture-of-repeats.ts`.
 *
 *   in repeat i, after each block:   x ← the block's result where the token is active, else x as it entered the repeat
 *
 * Each repeat attends to itself alone, so halted tokens must offer keys in it: those of their frozen representation
 * (copied forward). Every token is computed in every repeat and the result thrown away where it halted;
 * `countMultiplyAccumulates` counts what a program that skips them would need.
 *
 * Deviations from the reference code: it normalizes and interpolates halted tokens too; here they stay as they are, as the
 * paper says. Others as in `mixture-of-repeats.ts`.
 */
import {
  add,
  cast,
  greater,
  logicalAnd,
  multiply,
  ones,
  reshape,
  scatterAdd,
  sigmoid,
  tensor,
  topK,
  where,
} from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import { interpolate, type RoutedParts } from './mixture-of-repeats.js'
import { tokensAtCapacity } from './routing.js'

export function adaptiveBlockUniversal(parts: RoutedParts, x: Tensor): Tensor {
  const { begin, middle, end, repeats, enterRepeat, leaveRepeat, score, places, observe } = parts
  const { backend, batch, time } = places
  for (const block of begin) x = block(x)
  let active: Tensor | undefined // bool [B, T, 1]; absent while all are
  let weight: Tensor | undefined // [B, T, 1]
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const before = x
    const halted = active
    const unlessHalted = (after: Tensor): Tensor => (halted === undefined ? after : where(halted, after, before))
    x = enterRepeat(x, repeat)
    for (const block of middle) x = unlessHalted(block(x))
    x = unlessHalted(interpolate(before, leaveRepeat(x), weight))
    const flags =
      active === undefined ? ones([batch, time], { backend }) : reshape(cast(active, 'float32'), [batch, time])
    if (repeat === repeats) {
      observe?.({ repeat, active: flags })
      break
    }
    const scores = score(x, repeat)
    weight = sigmoid(scores)
    observe?.({ repeat, active: flags, weights: multiply(reshape(weight, [batch, time]), flags) })
    active = stillActive(parts, active, scores, weight, repeat)
  }
  for (const block of end) x = block(x)
  return x
}

/** Which of the active tokens go on after a repeat, bool [B, T, 1]. */
function stillActive(
  { routing, places: { backend, batch, time, past, visible } }: RoutedParts,
  active: Tensor | undefined,
  scores: Tensor,
  weight: Tensor,
  repeat: number,
): Tensor | undefined {
  if ('thresholds' in routing) {
    const over = greater(weight, routing.thresholds[repeat - 1]!)
    return active === undefined ? over : logicalAnd(active, over)
  }
  const wanted = tokensAtCapacity(routing.capacities[repeat - 1]!, time)
  if (wanted === time) return active
  const total = past + time
  const tokens =
    visible &&
    Uint8Array.from({ length: batch * time }, (_, i) => visible[Math.floor(i / time) * total + past + (i % time)]!)
  let open = reshape(active === undefined ? scores : where(active, scores, -Infinity), [batch, time])
  if (tokens !== undefined) open = where(tensor(tokens, [batch, time], { dtype: 'bool', backend }), open, -Infinity)
  if (wanted === 0) return greater(multiply(scores, 0), 0)
  const rows = tensor(
    Int32Array.from({ length: batch }, (_, row) => row * time),
    [batch, 1],
    { backend },
  )
  const places = add(topK(open, wanted).indices, rows) // [B, k] in [B · T]
  const chosen = greater(
    reshape(scatterAdd(ones([batch, wanted], { backend }), places, { size: batch * time }), [batch, time, 1]),
    0,
  )
  return active === undefined ? chosen : logicalAnd(active, chosen)
}
