import {
  checkSameStructure,
  fillRandomNormal,
  scope,
  tensor,
  type Backend,
  type Params,
  type RandomKey,
} from '@lemanic/tensor-core'
import { argumentError, checkNumber } from '../refuse.js'

/** The span of the parameters that training went through, in some names of a model. */
export interface TrainingSubspace {
  readonly names: readonly string[]
  readonly shapes: readonly (readonly number[])[]
  /** Numbers in a vector of these names. */
  readonly dimension: number
  /** Orthonormal rows, as many as the subspace has dimensions. */
  readonly basis: readonly Float64Array[]
  readonly backend: Backend
}

export interface TrainingSubspaceOptions {
  /** Parameters that count. Default: all. */
  readonly names?: readonly string[]
  /**
   * A snapshot adds a dimension if what the others do not span of it is longer than this part of it. Default 1e-6, about
   * the rounding of float32.
   */
  readonly tolerance?: number
}

/**
 * The subspace that recorded parameters span (their vectors themselves, not differences, as in the paper's code). Values
 * are copied at once. Modified Gram–Schmidt, twice, in double precision: O(snapshots² · dimension).
 *
 * Paper §5.2. Deviation: the reference code records views of the living weights, so that all snapshots are the last one
 * and the subspace has as many dimensions as there are models.
 */
export function trainingSubspace(
  snapshots: readonly Params[],
  { names = Object.keys(snapshots[0] ?? {}), tolerance = 1e-6 }: TrainingSubspaceOptions = {},
): TrainingSubspace {
  const first = snapshots[0]
  if (first === undefined) throw argumentError('trainingSubspace', 'expected at least one snapshot, got none')
  checkNumber('trainingSubspace', 'tolerance', tolerance, (x) => x > 0 && x < 1, 'a number between 0 and 1')
  const missing = names.find((name) => !Object.hasOwn(first, name))
  if (missing !== undefined) throw argumentError('trainingSubspace', `names: there is no parameter "${missing}"`)
  snapshots.forEach((snapshot, i) =>
    checkSameStructure(first, snapshot, { where: 'trainingSubspace', got: `snapshot ${i}` }),
  )
  const basis: Float64Array[] = []
  for (const snapshot of snapshots) {
    const vector = flatten(snapshot, names)
    const length = norm(vector)
    for (let pass = 0; pass < 2; pass++) for (const direction of basis) subtractProjection(vector, direction)
    const rest = norm(vector)
    if (rest > tolerance * length) basis.push(vector.map((value) => value / rest))
  }
  return {
    names,
    shapes: names.map((name) => first[name]!.shape),
    dimension: names.reduce((sum, name) => sum + first[name]!.size, 0),
    basis,
    backend: first[names[0]!]!.backend,
  }
}

/** A random direction of length 1 in the subspace: normal coefficients, so that no side is preferred. */
export function directionInSubspace(subspace: TrainingSubspace, key: RandomKey): Params {
  const { basis, dimension } = subspace
  if (basis.length === 0) throw argumentError('directionInSubspace', 'the subspace holds nothing but 0')
  const coefficients = fillRandomNormal(key, new Float32Array(basis.length))
  const vector = new Float64Array(dimension)
  basis.forEach((direction, i) => direction.forEach((value, at) => (vector[at]! += coefficients[i]! * value)))
  return toParams(subspace, vector)
}

/** A random direction of length 1 that is orthogonal to all recorded parameters. */
export function directionInNullSpace(subspace: TrainingSubspace, key: RandomKey): Params {
  const { basis, dimension } = subspace
  if (basis.length >= dimension)
    throw argumentError(
      'directionInNullSpace',
      `the snapshots span all ${dimension} dimensions; there is no null space`,
    )
  const vector = Float64Array.from(fillRandomNormal(key, new Float32Array(dimension)))
  for (let pass = 0; pass < 2; pass++) for (const direction of basis) subtractProjection(vector, direction)
  return toParams(subspace, vector)
}

/** The share of a vector's squared length that lies in the subspace, 0 … 1. */
export function shareInSubspace({ basis, names }: TrainingSubspace, params: Params): number {
  const vector = flatten(params, names)
  return basis.reduce((sum, direction) => sum + dot(direction, vector) ** 2, 0) / norm(vector) ** 2
}

function flatten(params: Params, names: readonly string[]): Float64Array {
  const vector = new Float64Array(names.reduce((sum, name) => sum + params[name]!.size, 0))
  let at = 0
  for (const name of names) {
    const values = params[name]!.dataSync()
    vector.set(values as Float32Array, at)
    at += values.length
  }
  return vector
}

function toParams({ names, shapes, backend }: TrainingSubspace, vector: Float64Array): Params {
  const length = norm(vector)
  let at = 0
  return scope(() =>
    Object.fromEntries(
      names.map((name, i) => {
        const size = shapes[i]!.reduce((product, axis) => product * axis, 1)
        const values = Float32Array.from(vector.subarray(at, at + size), (value) => value / length)
        at += size
        return [name, tensor(values, shapes[i]!, { backend })]
      }),
    ),
  )
}

function subtractProjection(vector: Float64Array, direction: Float64Array): void {
  const part = dot(vector, direction)
  for (let i = 0; i < vector.length; i++) vector[i]! -= part * direction[i]!
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}

const norm = (vector: Float64Array): number => Math.sqrt(dot(vector, vector))
