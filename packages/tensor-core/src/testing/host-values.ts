import type { KeyWords, Shape, Spec } from '../backend.js'
import { encodeAs } from '../backends/cpu/cast.js'
import { allocateArray, type DataArray, type DType } from '../dtype.js'
import { shapeError } from '../errors.js'
import { fillRandomNormal } from '../random/normal.js'
import { fillRandomUniform } from '../random/uniform.js'
import { formatShape, sizeOf } from '../shape.js'

/** Values on the host with their shape and dtype: the form in which test cases hold inputs and results. */
export interface HostValues extends Spec {
  readonly values: DataArray
}

/** Host values from plain numbers, row-major. 16-bit dtypes take raw bits. */
export function hostValues(shape: Shape, values: ArrayLike<number>, dtype: DType = 'float32'): HostValues {
  const array = allocateArray(dtype, sizeOf(shape))
  if (values.length !== array.length) {
    throw shapeError(
      'hostValues',
      `expected ${array.length} values for shape ${formatShape(shape)}, got ${values.length}`,
    )
  }
  array.set(values)
  return { shape, dtype, values: array }
}

const key = (seed: number): KeyWords => [seed, 0x7e57]

/** Multiples of 2⁻¹²: near the numbers given, and exact after the steps that finite differences take. */
function onGrid(values: Float32Array): Float32Array {
  return values.map((value) => Math.round(value * 4096) / 4096)
}

/** Normal numbers of the given deviation; the same for the same seed, on every machine. */
export function normal(shape: Shape, seed = 1, deviation = 1): HostValues {
  const values = new Float32Array(sizeOf(shape))
  fillRandomNormal(key(seed), values)
  return hostValues(shape, onGrid(values.map((value) => value * deviation)))
}

/** Uniform numbers from low to high. */
export function uniform(shape: Shape, low: number, high: number, seed = 1): HostValues {
  const values = new Float32Array(sizeOf(shape))
  fillRandomUniform(key(seed), values)
  return hostValues(shape, onGrid(values.map((value) => low + value * (high - low))))
}

/** Whole numbers from low to high − 1. */
export function integers(shape: Shape, low: number, high: number, seed = 1): HostValues {
  const values = new Float32Array(sizeOf(shape))
  fillRandomUniform(key(seed), values)
  return hostValues(
    shape,
    values.map((value) => low + Math.floor(value * (high - low))),
    'int32',
  )
}

/** True with the given probability. */
export function booleans(shape: Shape, seed = 1, probability = 0.5): HostValues {
  const values = new Float32Array(sizeOf(shape))
  fillRandomUniform(key(seed), values)
  return hostValues(
    shape,
    values.map((value) => (value < probability ? 1 : 0)),
    'bool',
  )
}

/** Shuffled numbers around 0 that all differ by at least `gap` and none of which is within gap / 2 of 0. */
export function distinct(shape: Shape, seed = 1, gap = 0.25): HostValues {
  const size = sizeOf(shape)
  const order = new Float32Array(size)
  fillRandomUniform(key(seed), order)
  const ranks = Array.from({ length: size }, (_, i) => i).sort((a, b) => order[a]! - order[b]!)
  return hostValues(
    shape,
    ranks.map((rank) => (rank - Math.floor(size / 2) + 0.5) * gap),
  )
}

/** Normal numbers stored in a dtype. */
export function stored(shape: Shape, dtype: DType, seed = 1): HostValues {
  return hostValues(
    shape,
    Array.from(normal(shape, seed).values, (value) => encodeAs(dtype, value)),
    dtype,
  )
}
