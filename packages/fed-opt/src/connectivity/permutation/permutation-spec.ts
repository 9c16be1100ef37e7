import { checkSameNames, gather, mapParams, tensor, reshape, type Params } from '@lemanic/tensor-core'
import { argumentError } from '../../refuse.js'

/**
 * What permutes an axis of a parameter: nothing (null), the permutation of a name, or that permutation in each of `tiles`
 * equal parts of the axis, one after another (a picture [height · width · channels] that is read by a linear layer).
 */
export type AxisPermutation = null | string | { readonly permutation: string; readonly tiles: number }

/** For every parameter, what permutes each of its axes. Hidden units can be renumbered without a change of the function. */
export type PermutationSpec = Readonly<Record<string, readonly AxisPermutation[]>>

/** `permutations[name][i]` is the unit that takes the place of unit i. */
export type Permutations = Readonly<Record<string, Int32Array>>

/**
 * The spec of a chain of layers with `weight` [out, in] and `bias` [out]: hidden layer i is permuted by `layers[i]`; the
 * input of the first and the output of the last stay. Parameters of one dimension of a hidden layer (norms) go along.
 */
export function chainSpec(params: Params, layers: readonly string[]): PermutationSpec {
  const spec: Record<string, AxisPermutation[]> = {}
  layers.forEach((layer, i) => {
    const own = i === layers.length - 1 ? null : layer
    const before = i === 0 ? null : layers[i - 1]!
    for (const [name, { rank }] of Object.entries(params)) {
      if (!name.startsWith(`${layer}.`)) continue
      if (rank > 2)
        throw argumentError('chainSpec', `"${name}": expected a matrix or a vector, got ${rank} axes`, {
          help: 'write its spec by hand',
        })
      spec[name] = rank === 2 ? [own, before] : rank === 1 ? [own] : []
    }
  })
  checkSameNames(params, Object.fromEntries(Object.keys(spec).map((name) => [name, params[name]!])), {
    where: 'chainSpec',
    got: 'the layers named',
  })
  return spec
}

/** Length of every permutation of a spec. Throws `invalid-argument` where a spec and the parameters do not fit. */
export function permutationSizes(params: Params, spec: PermutationSpec): Map<string, number> {
  checkSameNames(params, spec as never, { where: 'permutations', got: 'the spec' })
  const sizes = new Map<string, number>()
  for (const [name, axes] of Object.entries(spec)) {
    const { shape } = params[name]!
    if (axes.length !== shape.length)
      throw argumentError('permutations', `spec of "${name}": expected ${shape.length} axes, got ${axes.length}`)
    const used = axes.flatMap((axis) => (axis === null ? [] : [axisOf(axis).permutation]))
    if (new Set(used).size !== used.length)
      throw argumentError(
        'permutations',
        `spec of "${name}": expected a permutation on one axis at most, got [${used.join(', ')}]`,
      )
    axes.forEach((axis, i) => {
      if (axis === null) return
      const { permutation, tiles } = axisOf(axis)
      const size = shape[i]! / tiles
      const known = sizes.get(permutation)
      if (!Number.isInteger(size) || (known !== undefined && known !== size))
        throw argumentError(
          'permutations',
          `spec of "${name}", axis ${i}: expected ${known ?? 'a whole number of'} units of "${permutation}" in ${tiles} tiles, got length ${shape[i]}`,
        )
      sizes.set(permutation, size)
    })
  }
  return sizes
}

export function axisOf(axis: Exclude<AxisPermutation, null>): { readonly permutation: string; readonly tiles: number } {
  return typeof axis === 'string' ? { permutation: axis, tiles: 1 } : axis
}

/** Where the entries of an axis are taken from. */
export function axisIndices(axis: AxisPermutation, length: number, permutations: Permutations): Int32Array {
  const indices = Int32Array.from({ length }, (_, i) => i)
  if (axis === null) return indices
  const { permutation, tiles } = axisOf(axis)
  const order = permutations[permutation]
  if (order === undefined) return indices
  const units = length / tiles
  return indices.map((i) => Math.floor(i / units) * units + order[i % units]!)
}

/** The same network with its hidden units renumbered. */
export function applyPermutations(params: Params, spec: PermutationSpec, permutations: Permutations): Params {
  permutationSizes(params, spec)
  for (const [name, order] of Object.entries(permutations)) {
    if ([...order].sort((x, y) => x - y).some((unit, i) => unit !== i))
      throw argumentError('applyPermutations', `"${name}" is no permutation of 0 … ${order.length - 1}`)
  }
  return mapParams(params, (value, name) => {
    let result = value
    spec[name]!.forEach((axis, i) => {
      if (axis === null || permutations[axisOf(axis).permutation] === undefined) return
      const indices = axisIndices(axis, value.shape[i]!, permutations)
      result = gather(result, tensor(indices, [indices.length], { backend: value.backend }), i)
    })
    return result === value ? reshape(value, value.shape) : result
  })
}
