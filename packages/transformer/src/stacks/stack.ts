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

/** What a stack makes of its input. */
export interface StackOutcome {
  /** [B, T, width]; what the output layer reads after the last norm. */
  readonly x: Tensor
  /** Added to the loss in training, a scalar. */
  readonly penalty?: Tensor
  /** The results of a model that is trained on every exit: after each repeat, with the probability to stop there. */
  readonly exits?: readonly Exit[]
}

/** What leaves a stack after one of its repeats. */
export interface Exit {
  /** [B, T, width]. */
  readonly x: Tensor
  /** [B, T]; over all exits they sum to 1. */
  readonly probability: Tensor
}

/** What happened in one repeat of a stack that halts, for pictures and calibration. */
export interface RepeatEvent {
  /** From 1. */
  readonly repeat: number
  /** 1 for each token that the repeat worked on, else 0; float32 [B, T]. */
  readonly active: Tensor
  /** The weights that the router after this repeat gave its tokens, 0 elsewhere; float32 [B, T]. None after the last. */
  readonly weights?: Tensor
}

/** Is shown the repeats of a stack that halts, inside the scope of the pass. */
export type RepeatObserver = (event: RepeatEvent) => void
