/**
 * CoTFormer: Mohtashami, Pagliardini, Jaggi, "CoTFormer: A Chain-of-Thought Driven Architecture with Budget-Adaptive
 * Computation Cost at Inference" (arXiv 2310.10845), equation 3.
 *
 *   x⁽ʳ⁾ₜ = B(x⁽ʳ⁻¹⁾ₜ; context = { x⁽ʲ⁾ at positions ≤ t, j = 0 … r−1 }),   r = 1 … R
 *
 *   B      middle         blocks whose weights are the same in every repeat
 *   R      repeats
 *   x⁽⁰⁾   x              after the embedding and the `begin` blocks ("reserved" layers, section 3.3)
 *   LN     leaveRepeat    the norm after each repeat, the last included (LN-CoTFormer, section 3.3)
 *   e      enterRepeat    depth embedding, (R − r)·e before repeat r (section 4)
 *
 * Each middle block keeps the keys and values of all repeats so far. In repeat r its queries look, under one softmax,
 * at r segments of T keys, in each of which token t sees positions ≤ t. A token has the same position in every repeat.
 * Begin and end blocks attend to themselves alone. Gradients flow through all remembered keys and values.
 *
 * Deviations from the paper: equation 3 prints x⁽⁰⁾ as the query; text and reference code use x⁽ʳ⁻¹⁾, as here.
 * From the reference code: segments are passed side by side instead of being joined, and no T × rT mask is built.
 */
import type { Tensor } from '@lemanic/tensor-core'
import type { KeyValueMemory } from '../blocks/attention.js'
import type { StackParts } from './stack.js'

/** Remembers the keys and values of every repeat, in order: one segment a repeat, or several where a cache is. */
export function createRepeatMemory(): KeyValueMemory {
  const keys: Tensor[] = []
  const values: Tensor[] = []
  return {
    get held() {
      return [...keys, ...values]
    },
    remember(own) {
      keys.push(...own.keys)
      values.push(...own.values)
      return { ...own, keys: [...keys], values: [...values] }
    },
  }
}

export function cotformerStack(
  { begin, middle, end, repeats, enterRepeat, leaveRepeat }: StackParts,
  x: Tensor,
  createMemory: () => KeyValueMemory = createRepeatMemory,
): Tensor {
  for (const block of begin) x = block(x)
  const memories = middle.map(createMemory)
  for (let repeat = 1; repeat <= repeats; repeat++) {
    x = enterRepeat(x, repeat)
    middle.forEach((block, layer) => {
      x = block(x, memories[layer])
    })
    x = leaveRepeat(x)
  }
  for (const block of end) x = block(x)
  return x
}
