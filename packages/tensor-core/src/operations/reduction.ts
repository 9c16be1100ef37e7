import type { DType } from '../dtype.js'
import type { PrimitiveAttributes, Shape } from '../backend.js'
import { argumentError, shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape, normalizeAxes, normalizeAxis, reducedShape } from '../shape.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { divide, multiply, subtract } from './binary.js'
import { equal, where } from './comparison.js'
import { zerosLike } from './creation.js'
import { type Primitive, expectDType } from './define.js'
import { takeAlongAxisGradient } from './indexing.js'
import { broadcastTo, reshape } from './shaping.js'
import { cast, sqrt, square } from './unary.js'

export interface ReductionOptions {
  /** Reduced axes stay with length 1. Default false. */
  readonly keepDimensions?: boolean
}

/** Axes to reduce: one, several, or undefined for all; negative ones count from the end. */
export type Axes = number | readonly number[] | undefined

type Reduction = PrimitiveAttributes['sum']

function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return reducedShape(shape, axes, true)
}

/** The reduced tensor stretched back over the reduced axes. */
function stretch(reduced: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return broadcastTo(reshape(reduced, keptShape(shape, axes)), shape)
}

function reduction(
  name: 'sum' | 'prod' | 'max' | 'min',
  allowed: readonly DType[],
  gradient: Operation<Reduction>['gradient'],
): Operation<Reduction> {
  return {
    name,
    infer([x], { axes, keepDimensions }) {
      expectDType(name, x!, ...allowed)
      if ((name === 'max' || name === 'min') && axes.some((axis) => x!.shape[axis] === 0)) {
        throw shapeError(name, `an empty axis has no ${name}, shape ${formatShape(x!.shape)}`)
      }
      return [{ shape: reducedShape(x!.shape, axes, keepDimensions), dtype: x!.dtype }]
    },
    ...(gradient === undefined ? {} : { gradient }),
  }
}

const sumOperation = reduction('sum', ['float32', 'int32'], ({ gradients, inputs, attributes }) => [
  stretch(gradients[0]!, inputs[0]!.shape, attributes.axes),
])

/** Products of all the other elements along the reduced axes: exact also where there are zeros. */
const prodOperation = reduction('prod', ['float32', 'int32'], ({ gradients, inputs, outputs, attributes }) => {
  const x = inputs[0]!
  const isZero = equal(x, 0)
  const safe = where(isZero, 1, x)
  const zeroCount = sum(cast(isZero, 'float32'), attributes.axes, { keepDimensions: true })
  const productOfOthers = prod(safe, attributes.axes, { keepDimensions: true })
  const whole = stretch(outputs[0]!, x.shape, attributes.axes)
  const throughZero = where(equal(zeroCount, 1), productOfOthers, zerosLike(productOfOthers))
  const partial = where(isZero, broadcastTo(throughZero, x.shape), divide(whole, safe))
  return [multiply(stretch(gradients[0]!, x.shape, attributes.axes), partial)]
})

/** Equal extremes share the cotangent evenly. */
const extremeGradient: Operation<Reduction>['gradient'] = ({ gradients, inputs, outputs, attributes }) => {
  const x = inputs[0]!
  const isExtreme = cast(equal(x, stretch(outputs[0]!, x.shape, attributes.axes)), 'float32')
  const share = divide(isExtreme, sum(isExtreme, attributes.axes, { keepDimensions: true }))
  return [multiply(stretch(gradients[0]!, x.shape, attributes.axes), share)]
}
const maxOperation = reduction('max', ['float32', 'int32', 'bool'], extremeGradient)
const minOperation = reduction('min', ['float32', 'int32', 'bool'], extremeGradient)

function reduce(
  operation: Operation<Reduction>,
  x: Tensor,
  axes: Axes,
  { keepDimensions = false }: ReductionOptions,
): Tensor {
  return run(operation, [x], { axes: normalizeAxes(operation.name, axes, x.rank), keepDimensions })[0]!
}

/** Sum over axes (all by default). float32 or int32. */
export function sum(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return reduce(sumOperation, x, axes, options)
}

/** Product over axes (all by default). float32 or int32. */
export function prod(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return reduce(prodOperation, x, axes, options)
}

/** Largest value over axes (all by default); NaN propagates; equal maxima share the gradient. */
export function max(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return reduce(maxOperation, x, axes, options)
}

/** Smallest value over axes (all by default); NaN propagates; equal minima share the gradient. */
export function min(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  return reduce(minOperation, x, axes, options)
}

/** True where any element is true. bool. */
export function any(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  expectDType('any', x, 'bool')
  return max(x, axes, options)
}

/** True where all elements are true. bool. */
export function all(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  expectDType('all', x, 'bool')
  return min(x, axes, options)
}

/** Arithmetic mean over axes (all by default). float32. NaN for an empty axis. */
export function mean(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  expectDType('mean', x, 'float32')
  const normalized = normalizeAxes('mean', axes, x.rank)
  const count = normalized.reduce((product, axis) => product * x.shape[axis]!, 1)
  return divide(sum(x, normalized, options), count)
}

/** Variance over axes (all by default), divided by n − `correction` (default 0). float32. */
export function variance(
  x: Tensor,
  axes?: Axes,
  { correction = 0, keepDimensions = false }: ReductionOptions & { correction?: number } = {},
): Tensor {
  const normalized = normalizeAxes('variance', axes, x.rank)
  const count = normalized.reduce((product, axis) => product * x.shape[axis]!, 1)
  const centred = subtract(x, mean(x, normalized, { keepDimensions: true }))
  return divide(sum(square(centred), normalized, { keepDimensions }), count - correction)
}

/** Euclidean norm over axes (all by default), with derivative 0 where it is 0. float32. */
export function norm(x: Tensor, axes?: Axes, options: ReductionOptions = {}): Tensor {
  const total = sum(square(x), axes, options)
  const isZero = equal(total, 0)
  return where(isZero, 0, sqrt(where(isZero, 1, total)))
}

function argExtreme(name: 'argMax' | 'argMin'): Operation<PrimitiveAttributes['argMax']> {
  return {
    name,
    infer([x], { axis }) {
      expectDType(name, x!, 'float32', 'int32')
      if (x!.shape[axis] === 0) throw shapeError(name, `axis ${axis} is empty, shape ${formatShape(x!.shape)}`)
      return [{ shape: reducedShape(x!.shape, [axis], false), dtype: 'int32' }]
    },
  }
}
const argMaxOperation = argExtreme('argMax')
const argMinOperation = argExtreme('argMin')

/** Index of the largest value along an axis (default the last), int32; the first of equals, NaN counts as largest. */
export function argMax(x: Tensor, axis = -1): Tensor {
  return run(argMaxOperation, [x], { axis: normalizeAxis('argMax', axis, x.rank) })[0]!
}

/** Index of the smallest value along an axis (default the last), int32; the first of equals, NaN counts as smallest. */
export function argMin(x: Tensor, axis = -1): Tensor {
  return run(argMinOperation, [x], { axis: normalizeAxis('argMin', axis, x.rank) })[0]!
}

const cumulativeSumOperation: Primitive<'cumulativeSum'> = {
  name: 'cumulativeSum',
  infer([x]) {
    expectDType('cumulativeSum', x!, 'float32', 'int32')
    return [x!]
  },
  gradient: ({ gradients, attributes }) => [
    run(cumulativeSumOperation, [gradients[0]!], { ...attributes, reverse: !attributes.reverse })[0]!,
  ],
}

export interface CumulativeOptions {
  /** Leave the element itself out. Default false. */
  readonly exclusive?: boolean
  /** Sum from the end. Default false. */
  readonly reverse?: boolean
}

/** Running sum along an axis (default the last). float32 or int32. */
export function cumulativeSum(
  x: Tensor,
  axis = -1,
  { exclusive = false, reverse = false }: CumulativeOptions = {},
): Tensor {
  return run(cumulativeSumOperation, [x], {
    axis: normalizeAxis('cumulativeSum', axis, x.rank),
    exclusive,
    reverse,
  })[0]!
}

const sortOperation: Primitive<'sort'> = {
  name: 'sort',
  infer([x]) {
    expectDType('sort', x!, 'float32', 'int32')
    return [x!, { shape: x!.shape, dtype: 'int32' }]
  },
  gradient: ({ gradients, inputs, outputs, attributes }) => [
    takeAlongAxisGradient(gradients[0]!, outputs[1]!, attributes.axis, inputs[0]!.shape[attributes.axis]!),
  ],
}

/** Sorted values and the indices they came from, along an axis (default the last); stable, NaN last. */
export function sort(
  x: Tensor,
  axis = -1,
  { descending = false }: { descending?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const [values, indices] = run(sortOperation, [x], { axis: normalizeAxis('sort', axis, x.rank), descending })
  return { values: values!, indices: indices! }
}

const topKOperation: Primitive<'topK'> = {
  name: 'topK',
  infer([x], { k }) {
    expectDType('topK', x!, 'float32', 'int32')
    const shape = [...x!.shape.slice(0, -1), k]
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: 'int32' },
    ]
  },
  gradient: ({ gradients, inputs, outputs }) => {
    const x = inputs[0]!
    return [takeAlongAxisGradient(gradients[0]!, outputs[1]!, x.rank - 1, x.shape[x.rank - 1]!)]
  },
}

/** The k largest values of the last axis, descending, with their indices. Throws when k exceeds the axis. */
export function topK(x: Tensor, k: number): { values: Tensor; indices: Tensor } {
  const length = x.shape[x.rank - 1]
  if (length === undefined || !Number.isInteger(k) || k < 0 || k > length) {
    throw argumentError(
      'topK',
      `k must be a whole number from 0 to the last axis' length ${length ?? '(a scalar has none)'}, got ${k}`,
    )
  }
  const [values, indices] = run(topKOperation, [x], { k })
  return { values: values!, indices: indices! }
}
