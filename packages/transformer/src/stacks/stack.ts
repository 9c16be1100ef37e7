import type { Tensor } from '@lemanic/tensor-core'
import type { Block } from '../blocks/block.js'

/** The parts that a stack puts in order. */
export interface StackParts {
  /** Blocks applied once, before the others. */
  readonly begin: readonly Block[]
  /** Blocks applied in each repeat. */
  readonly middle: readonly Block[]
  /** Blocks applied once, after the others. */
  readonly end: readonly Block[]
  /** How often the middle is applied. */
  readonly repeats: number
  /** Adds the depth embedding before a repeat (counted from 1); the identity when there is none. */
  enterRepeat(x: Tensor, repeat: number): Tensor
  /** The norm after a repeat; the identity when there is none. */
  leaveRepeat(x: Tensor): Tensor
}
