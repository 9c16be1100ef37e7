import type { PermutationSpec, Stage } from '@lemanic/fed-opt'
import type { Params, RandomKey, Stacked, Tensor } from '@lemanic/tensor-core'

/** A classifier of pictures that is a chain of stages, so that many sets of its parameters are computed at once. */
export interface Network {
  init(key: RandomKey): Params
  /** From pictures [models, batch, height, width, 1] to logits [models, batch, classes]. */
  readonly stages: readonly Stage[]
  /** Which hidden units may be renumbered. */
  readonly permutations: PermutationSpec
}

export const classes = 10

/** Logits [models, batch, classes] of a stack of models. */
export function stackedLogits({ stages }: Network, params: Stacked, pictures: Tensor): Tensor {
  return stages.reduce((state, { apply }) => apply(params, state), pictures)
}
