/**
 * Block Universal Transformer: Mohtashami, Pagliardini, Jaggi, "CoTFormer" (arXiv 2310.10845), equation 2; after
 * Dehghani et al., "Universal Transformers" (arXiv 1807.03819).
 *
 *   x⁽ʳ⁾ = B(x⁽ʳ⁻¹⁾; context = x⁽ʳ⁻¹⁾ at positions ≤ t),   r = 1 … R
 *
 *   B      middle     blocks whose weights are the same in every repeat
 *   R      repeats
 *   x⁽⁰⁾   x          after the embedding and the `begin` blocks
 *
 * Deviations: none from the reference code; halting is not part of this stack.
 */
import type { Tensor } from '@lemanic/tensor-core'
import type { StackParts } from './stack.js'

export function blockUniversalStack(
  { begin, middle, end, repeats, enterRepeat, leaveRepeat }: StackParts,
  x: Tensor,
): Tensor {
  for (const block of begin) x = block(x)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    x = enterRepeat(x, repeat)
    for (const block of middle) x = block(x)
    x = leaveRepeat(x)
  }
  for (const block of end) x = block(x)
  return x
}
