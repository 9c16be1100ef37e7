import { argumentError, shapeError } from '../errors.js'
import { full } from '../operations/creation.js'
import { concat, reshape, slice, stack, unstack } from '../operations/shaping.js'
import { scope } from '../scope.js'
import { formatShape, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { mapParams, zipParams, type Params } from './params.js'
import { checkSameStructure } from './structure.js'

/** Several `Params` of one structure with a new leading axis (workers, clients, checkpoints). */
export type Stacked = Params

/** Puts several `Params` of one structure along a new leading axis. */
export function stackParams(several: readonly Params[]): Stacked {
  const [first, ...others] = several
  if (first === undefined) throw argumentError('stackParams', 'expected at least one Params, got none')
  others.forEach((other, i) => checkSameStructure(first, other, { where: 'stackParams', got: `item ${i + 1}` }))
  return zipParams([first, ...others], (values) => stack([...values]))
}

/** Takes the leading axis apart again. Throws when its length differs among the tensors. */
export function unstackParams(stacked: Stacked): Params[] {
  const entries = Object.entries(stacked)
  const count = entries[0]?.[1].shape[0]
  for (const [name, { shape }] of entries) {
    if (shape[0] === undefined || shape[0] !== count) {
      throw shapeError(
        'unstackParams',
        `expected a leading axis of ${count ?? 'some length'} everywhere, "${name}" has shape ${formatShape(shape)}`,
      )
    }
  }
  return scope(() => {
    const parts = entries.map(([name, value]) => [name, unstack(value)] as const)
    return Array.from({ length: count ?? 0 }, (_, i) =>
      Object.fromEntries(parts.map(([name, values]) => [name, values[i] as Tensor])),
    )
  })
}

/** All elements as one vector, tensor after tensor in the order of names. */
export function flattenParams(params: Params): Tensor {
  return scope(() => {
    const vectors = Object.values(params).map((value) => reshape(value, [-1]))
    return vectors.length === 0 ? full([0], 0) : concat(vectors)
  })
}

/** Cuts a vector into tensors with the names and shapes of `like`; the inverse of `flattenParams`. */
export function unflattenParams(vector: Tensor, like: Params): Params {
  const size = Object.values(like).reduce((total, { shape }) => total + sizeOf(shape), 0)
  if (vector.rank !== 1 || vector.size !== size) {
    throw shapeError('unflattenParams', `expected a vector of ${size} elements, got shape ${formatShape(vector.shape)}`)
  }
  let position = 0
  return mapParams(like, ({ shape }) => {
    const begin = position
    position += sizeOf(shape)
    return reshape(slice(vector, [[begin, position]]), shape)
  })
}
