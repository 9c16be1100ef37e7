import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { checkSameNames } from './structure.js'

/**
 * Tensors by dotted name, as in a state dict (`blocks.0.attention.qkv.weight`): parameters, their gradients, moments,
 * updates. The order of names is that of insertion; functions of several `Params` follow the first.
 */
export type Params = Readonly<Record<string, Tensor>>

/** Calls `f` on each tensor; other tensors that `f` makes are given back. */
export function mapParams(params: Params, f: (value: Tensor, name: string) => Tensor): Params {
  return scope(() =>
    Object.fromEntries(Object.entries(params).map(([name, value]) => [name, scope(() => f(value, name))])),
  )
}

/**
 * Calls `f` on the tensors of one name in several `Params`. Throws `invalid-params` when their names differ; shapes may.
 */
export function zipParams<const Several extends readonly [Params, ...Params[]]>(
  several: Several,
  f: (values: { readonly [I in keyof Several]: Tensor }, name: string) => Tensor,
): Params {
  const [first, ...others] = several
  others.forEach((other, i) => checkSameNames(first, other, { where: 'zipParams', got: `argument ${i + 2}` }))
  return mapParams(first, (_, name) =>
    f(several.map((params) => params[name]) as { [I in keyof Several]: Tensor }, name),
  )
}
