import type { FusedAttributes, FusedName } from '../backend.js'
import { backward } from '../backward.js'
import { variable } from '../record.js'
import { recording } from '../recording.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { zerosLike } from './creation.js'

/**
 * The cotangents of `inputs` through a composition, for the `compose` of a fused gradient: `cotangents` belong to
 * the first outputs, in order; `wanted` names the inputs (by position) whose cotangents are returned.
 */
export function pullThrough(
  forward: (inputs: readonly Tensor[]) => readonly Tensor[],
  inputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  wanted: readonly number[],
): readonly Tensor[] {
  return recording(() => {
    const variables = inputs.map((input, i) => (wanted.includes(i) ? variable(input) : input))
    const outputs = forward(variables).slice(0, cotangents.length)
    const live = outputs.flatMap((output, i) => (output.node === undefined ? [] : [i]))
    if (live.length === 0) return wanted.map((i) => zerosLike(inputs[i]!))
    return backward(
      live.map((i) => outputs[i]!),
      live.map((i) => cotangents[i]!),
      wanted.map((i) => variables[i]!),
    )
  })
}

/** A fused operation of the backend table: it can always be composed. */
export type Fused<Name extends FusedName> = Operation<FusedAttributes[Name]> & {
  readonly name: Name
  compose(inputs: readonly Tensor[], attributes: FusedAttributes[Name]): readonly Tensor[]
}
