import type { Tensor } from '@lemanic/tensor-core'
import type { StackParts } from './stack.js'

/** The usual transformer: each block once, with weights of its own. x [B, T, width] → [B, T, width]. */
export function standardStack({ begin, middle, end }: StackParts, x: Tensor): Tensor {
  for (const block of [...begin, ...middle, ...end]) x = block(x)
  return x
}
