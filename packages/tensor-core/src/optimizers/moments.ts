import type { Tensor } from '../tensor.js'
import type { Params } from '../params/params.js'
import type { State } from '../params/state.js'
import { checkSameStructure } from '../params/structure.js'
import { argumentError } from '../errors.js'

/** Which tensors a decay takes: by name and shape. */
export type DecayMask = (name: string, value: Tensor) => boolean

/** Matrices and filters, not biases and gains. */
export const decaysMatrices: DecayMask = (_, value) => value.rank >= 2

/** Every tensor. */
export const decaysAll: DecayMask = () => true

/** Decay of each tensor, in the order of names. */
export function decaysOf(params: Params, weightDecay: number, decays: DecayMask): number[] {
  return Object.entries(params).map(([name, value]) => (weightDecay !== 0 && decays(name, value) ? weightDecay : 0))
}

/** Gradients in the order of the parameters; throws `invalid-params` when they do not fit. */
export function inOrder(where: string, grads: Params, params: Params): Tensor[] {
  checkSameStructure(params, grads, { where, got: 'the gradients' })
  return Object.keys(params).map((name) => grads[name] as Tensor)
}

/** Tensors of a state under a prefix, in the order of the parameters. */
export function momentsOf(where: string, state: State, prefix: string, params: Params): Tensor[] {
  return Object.keys(params).map((name) => {
    const value = state.tensors[`${prefix}.${name}`]
    if (value === undefined) {
      throw argumentError(where, `the state has no "${prefix}.${name}"`, {
        help: 'a state fits only the optimizer and the parameters that it was made for',
      })
    }
    return value
  })
}

/** Values under the names of the parameters, with an optional prefix. */
export function named(params: Params, values: readonly Tensor[], prefix = ''): Params {
  return Object.fromEntries(Object.keys(params).map((name, i) => [`${prefix}${name}`, values[i] as Tensor]))
}
