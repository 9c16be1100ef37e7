import type { Shape, Spec } from '../backend.js'
import { argumentError, shapeError } from '../errors.js'
import { record, shareBuffer } from '../record.js'
import { run } from '../run.js'
import {
  broadcastShapes,
  checkShape,
  formatShape,
  normalizeAxes,
  normalizeAxis,
  shapesEqual,
  sizeOf,
} from '../shape.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { type Primitive, expectRank } from './define.js'
import { sumTo } from './sum-to.js'

const reshapeOperation: Operation<{ readonly shape: Shape }> = {
  name: 'reshape',
  infer: ([x], { shape }) => [{ shape, dtype: x!.dtype }],
  gradient: ({ gradients, inputs }) => [reshape(gradients[0]!, inputs[0]!.shape)],
}

/** The same elements in another shape, without a copy; one length may be −1 and is worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1)
  const wanted = shape.map((length) => (length === -1 && known > 0 ? x.size / known : length))
  if (shape.filter((length) => length === -1).length > 1)
    throw argumentError('reshape', `only one length may be −1, got ${formatShape(shape)}`)
  if (!wanted.every(Number.isInteger) || sizeOf(wanted) !== x.size) {
    throw shapeError(
      'reshape',
      `shape ${formatShape(x.shape)} with ${x.size} elements does not fit ${formatShape(shape)}`,
      { from: x.shape, to: shape },
    )
  }
  checkShape('reshape', wanted)
  const result = shareBuffer(x, wanted)
  record(reshapeOperation, [x], [result], { shape: wanted })
  return result
}

/** Inserts an axis of length 1; −1 appends it. */
export function expandDimensions(x: Tensor, axis: number): Tensor {
  const position = normalizeAxis('expandDimensions', axis, x.rank + 1)
  return reshape(x, [...x.shape.slice(0, position), 1, ...x.shape.slice(position)])
}

/** Removes axes of length 1 (all by default). */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const chosen =
    axes === undefined
      ? x.shape.flatMap((length, axis) => (length === 1 ? [axis] : []))
      : normalizeAxes('squeeze', axes, x.rank)
  for (const axis of chosen) {
    if (x.shape[axis] !== 1)
      throw shapeError('squeeze', `axis ${axis} of shape ${formatShape(x.shape)} is not of length 1`)
  }
  return reshape(
    x,
    x.shape.filter((_, axis) => !chosen.includes(axis)),
  )
}

const transposeOperation: Primitive<'transpose'> = {
  name: 'transpose',
  infer: ([x], { permutation }) => [{ shape: permutation.map((axis) => x!.shape[axis]!), dtype: x!.dtype }],
  gradient({ gradients, attributes: { permutation } }) {
    const inverse = new Array<number>(permutation.length)
    permutation.forEach((axis, i) => (inverse[axis] = i))
    return [transpose(gradients[0]!, inverse)]
  },
}

/** Axes in another order; by default the last two are swapped. */
export function transpose(x: Tensor, permutation?: readonly number[]): Tensor {
  const order =
    permutation === undefined ? swapLast(x.rank) : permutation.map((axis) => normalizeAxis('transpose', axis, x.rank))
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw argumentError('transpose', `[${order}] is not an order of the ${x.rank} axes of ${formatShape(x.shape)}`)
  }
  if (order.every((axis, i) => axis === i)) return reshape(x, x.shape)
  return run(transposeOperation, [x], { permutation: order })[0]!
}

function swapLast(rank: number): number[] {
  if (rank < 2) throw shapeError('transpose', `a tensor of rank ${rank} has no two axes to swap`)
  const order = Array.from({ length: rank }, (_, i) => i)
  return [...order.slice(0, -2), rank - 1, rank - 2]
}

const broadcastToOperation: Primitive<'broadcastTo'> = {
  name: 'broadcastTo',
  infer: ([x], { shape }) => [{ shape, dtype: x!.dtype }],
  gradient: ({ gradients, inputs }) => [sumTo(gradients[0]!, inputs[0]!.shape)],
}

/** Repeats along axes of length 1 (and new leading axes) until the shape is reached. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  checkShape('broadcastTo', shape)
  if (shapesEqual(x.shape, shape)) return x
  if (!shapesEqual(broadcastShapes('broadcastTo', x.shape, shape), shape)) {
    throw shapeError('broadcastTo', `shape ${formatShape(x.shape)} cannot be stretched to ${formatShape(shape)}`)
  }
  return run(broadcastToOperation, [x], { shape })[0]!
}

/** Repeats the whole tensor `repetitions[axis]` times along each axis. */
export function tile(x: Tensor, repetitions: readonly number[]): Tensor {
  if (repetitions.length !== x.rank)
    throw argumentError(
      'tile',
      `expected ${x.rank} repetitions for shape ${formatShape(x.shape)}, got ${repetitions.length}`,
    )
  const spread = reshape(
    x,
    x.shape.flatMap((length) => [1, length]),
  )
  const stretched = broadcastTo(
    spread,
    x.shape.flatMap((length, axis) => [repetitions[axis]!, length]),
  )
  return reshape(
    stretched,
    x.shape.map((length, axis) => length * repetitions[axis]!),
  )
}

interface SliceAttributes {
  readonly begin: readonly number[]
  readonly strides: readonly number[]
}

/** Slice and its gradient know their output shape from the attributes beside the table's. */
function sliceOperation(shape: Shape): Operation<SliceAttributes> {
  return {
    name: 'slice',
    infer: ([x]) => [{ shape, dtype: x!.dtype }],
    gradient: ({ gradients, inputs, attributes }) => [
      run(sliceGradientOperation(inputs[0]!.shape), [gradients[0]!], attributes)[0]!,
    ],
  }
}
function sliceGradientOperation(shape: Shape): Operation<SliceAttributes> {
  return {
    name: 'sliceGradient',
    infer: ([g]) => [{ shape, dtype: g!.dtype }],
    gradient: ({ gradients, inputs, attributes }) => [
      run(sliceOperation(inputs[0]!.shape), [gradients[0]!], attributes)[0]!,
    ],
  }
}

/** One axis of a slice: from `begin` (default 0) to before `end` (default the end) in steps; negatives count from the end. */
export interface SliceRange {
  readonly begin?: number
  readonly end?: number
  readonly step?: number
}

/** A rectangular part. `ranges[axis]` is a range, a [begin, end] pair, or undefined for the whole axis. */
export function slice(x: Tensor, ranges: readonly (SliceRange | readonly [number, number] | undefined)[]): Tensor {
  if (ranges.length > x.rank) throw argumentError('slice', `${ranges.length} ranges for shape ${formatShape(x.shape)}`)
  const begin: number[] = []
  const strides: number[] = []
  const shape = x.shape.map((length, axis) => {
    const entry = ranges[axis] ?? {}
    const range: SliceRange = 'length' in entry ? { begin: entry[0], end: entry[1] } : entry
    const step = range.step ?? 1
    if (!Number.isInteger(step) || step < 1)
      throw argumentError('slice', `step must be a whole number ≥ 1, got ${step} (use flip to reverse)`)
    for (const bound of [range.begin ?? 0, range.end ?? length]) {
      if (!Number.isInteger(bound))
        throw argumentError('slice', `begin and end are whole numbers, got ${bound} for axis ${axis}`)
    }
    const clamp = (value: number): number => Math.min(length, Math.max(0, value < 0 ? value + length : value))
    const from = clamp(range.begin ?? 0)
    begin.push(from)
    strides.push(step)
    return Math.max(0, Math.ceil((clamp(range.end ?? length) - from) / step))
  })
  if (shapesEqual(shape, x.shape)) return x
  return run(sliceOperation(shape), [x], { begin, strides })[0]!
}

/** Parts along an axis: `count` equal ones, or of the given lengths. */
export function split(x: Tensor, parts: number | readonly number[], axis = -1): Tensor[] {
  const along = normalizeAxis('split', axis, x.rank)
  const length = x.shape[along]!
  const lengths = typeof parts === 'number' ? Array.from({ length: parts }, () => length / parts) : parts
  if (!lengths.every(Number.isInteger) || lengths.reduce((a, b) => a + b, 0) !== length) {
    throw argumentError(
      'split',
      `axis ${along} of length ${length} cannot be split into ${typeof parts === 'number' ? `${parts} equal parts` : `[${parts}]`}`,
    )
  }
  let position = 0
  return lengths.map((part) => {
    const ranges: ([number, number] | undefined)[] = new Array(along).fill(undefined)
    ranges[along] = [position, position + part]
    position += part
    return slice(x, ranges)
  })
}

const concatOperation: Primitive<'concat'> = {
  name: 'concat',
  infer(inputs, { axis }) {
    const first = inputs[0]!
    for (const input of inputs) {
      const fits =
        input.shape.length === first.shape.length &&
        input.shape.every((length, i) => i === axis || length === first.shape[i])
      if (!fits || input.dtype !== first.dtype) {
        throw shapeError('concat', `cannot join ${describe(first)} and ${describe(input)} along axis ${axis}`)
      }
    }
    const length = inputs.reduce((total, { shape }) => total + shape[axis]!, 0)
    return [{ shape: first.shape.map((own, i) => (i === axis ? length : own)), dtype: first.dtype }]
  },
  gradient: ({ gradients, inputs, attributes: { axis } }) =>
    split(
      gradients[0]!,
      inputs.map(({ shape }) => shape[axis]!),
      axis,
    ),
}

function describe(spec: Spec): string {
  return `${spec.dtype} ${formatShape(spec.shape)}`
}

/** Joins tensors along an existing axis (default the last); other lengths and dtypes must agree. */
export function concat(inputs: readonly Tensor[], axis = -1): Tensor {
  const first = inputs[0]
  if (first === undefined) throw argumentError('concat', 'expected at least one tensor')
  return inputs.length === 1
    ? first
    : run(concatOperation, inputs, { axis: normalizeAxis('concat', axis, first.rank) })[0]!
}

/** Joins tensors of one shape along a new axis (default the first). */
export function stack(inputs: readonly Tensor[], axis = 0): Tensor {
  return concat(
    inputs.map((input) => expandDimensions(input, axis)),
    axis,
  )
}

/** The slices along an axis (default the first), without that axis. */
export function unstack(x: Tensor, axis = 0): Tensor[] {
  const along = normalizeAxis('unstack', axis, x.rank)
  return split(x, x.shape[along]!, along).map((part) => squeeze(part, along))
}

const padOperation: Primitive<'pad'> = {
  name: 'pad',
  infer: ([x], { before, after }) => [
    { shape: x!.shape.map((length, i) => length + before[i]! + after[i]!), dtype: x!.dtype },
  ],
  gradient: ({ gradients, inputs, attributes: { before } }) => [
    slice(
      gradients[0]!,
      inputs[0]!.shape.map((length, i) => [before[i]!, before[i]! + length] as const),
    ),
  ],
}

/** Surrounds with a value (default 0): one [before, after] pair an axis. */
export function pad(x: Tensor, paddings: readonly (readonly [before: number, after: number])[], value = 0): Tensor {
  expectRank('pad', 'x', x, paddings.length)
  for (const amount of paddings.flat()) {
    if (!Number.isInteger(amount) || amount < 0)
      throw argumentError('pad', `paddings are whole numbers ≥ 0, got ${amount}`)
  }
  return run(padOperation, [x], {
    before: paddings.map(([before]) => before),
    after: paddings.map(([, after]) => after),
    value,
  })[0]!
}

const flipOperation: Primitive<'flip'> = {
  name: 'flip',
  infer: ([x]) => [x!],
  gradient: ({ gradients, attributes }) => [run(flipOperation, [gradients[0]!], attributes)[0]!],
}

/** Reverses the order along axes (all by default). */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  return run(flipOperation, [x], { axes: normalizeAxes('flip', axes, x.rank) })[0]!
}
