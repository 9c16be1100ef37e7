import type { Convolution, Pooling, Shape, Spec } from '../../backend.js'
import { allocateArray, type DType } from '../../dtype.js'
import { broadcastShapes, reducedShape, sizeOf } from '../../shape.js'
import { encodeAs } from '../cpu/cast.js'
import type { HostArray } from '../cpu/host-array.js'

/** A small task for one kernel. Its answer must lie within relative · |expected| + scaled · (largest |expected|). */
export interface Question {
  readonly inputs: readonly HostArray[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly outputs: readonly Spec[]
  readonly relative?: number
  readonly scaled?: number
  /** The sign of a zero is free. */
  readonly anyZero?: boolean
}

// NaN, infinities and extremes, three times over and then a ramp: long enough for vector instructions and a rest.
export const special = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3.4e38,
  -3.4e38,
  1.2e-38,
  88.8,
  -103.9,
  1e-8,
  2.5,
]

export const ramp = Array.from({ length: 41 }, (_, i) => (i - 20) / 5)

export const whole = [0, 1, -1, 7, -7, 65536, 2 ** 31 - 1, -(2 ** 31), 3, -3, 12345, 9]

export const truth = [1, 0, 0, 1, 1, 0, 1]

/** Within the accuracy of the functions that engines approximate, each in its way. */
export const close = { relative: 2e-6, scaled: 3e-7 }

/** What a kernel means, not how well it adds: GPUs may round factors to 10 bits. */
export const roughly = { relative: 1e-2, scaled: 5e-3 }

export function array(shape: Shape, values: readonly number[], dtype: DType = 'float32'): HostArray {
  const data = allocateArray(dtype, sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = encodeAs(dtype, values[i % values.length]!)
  return { shape, dtype, values: data }
}

export const list = (values: readonly number[], dtype: DType = 'float32'): HostArray =>
  array([values.length], values, dtype)

/** 0.5, 1.0, −0.5 …: all different, and exact in 16 bits. */
export const numbers = (shape: Shape, dtype: DType = 'float32'): HostArray =>
  array(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7) % sizeOf(shape)) - sizeOf(shape) / 2) / 2 + 0.5),
    dtype,
  )

export const moved: readonly DType[] = ['float32', 'int32', 'bool', 'bfloat16', 'float16']

export function unary(
  dtype: DType = 'float32',
  to: DType = dtype,
  tolerance: object = {},
  values?: readonly number[],
): Question {
  const known = dtype === 'float32' ? [...special, ...special, ...special, ...ramp] : dtype === 'int32' ? whole : truth
  const x = list(values ?? known, dtype)
  return { inputs: [x], attributes: {}, outputs: [{ shape: x.shape, dtype: to }], ...tolerance }
}

export function binary(a: HostArray, b: HostArray, to: DType, tolerance: object = {}): Question {
  return {
    inputs: [a, b],
    attributes: {},
    outputs: [{ shape: broadcastShapes('probe', a.shape, b.shape), dtype: to }],
    ...tolerance,
  }
}

/** All pairs of values: by broadcasting, side by side, and against a scalar. */
export function pairs(values: readonly number[], dtype: DType, to: DType = dtype, tolerance: object = {}): Question[] {
  const n = values.length
  const repeated = values.flatMap((value) => values.map(() => value))
  const cycled = values.flatMap(() => values)
  return [
    binary(array([n, 1], values, dtype), array([1, n], values, dtype), to, tolerance),
    binary(list(repeated, dtype), list(cycled, dtype), to, tolerance),
    ...[0, 2].map((i) => binary(list(values, dtype), array([], [values[i]!], dtype), to, tolerance)),
  ]
}

export const castable: Readonly<Record<DType, readonly number[]>> = {
  float32: [...special, ...special, 1.9, -1.9, 65519, 65520, 2 ** -25, 3 * 2 ** -26, 1 + 2 ** -8, 1 + 3 * 2 ** -8],
  int32: [...whole, 16777217, 16777219],
  bool: truth,
  bfloat16: [1, -3, 2 ** -126, Infinity, -0, NaN, 100],
  float16: [1, -3, 2 ** -20, Infinity, -0, NaN, 100],
}

export function reduction(x: HostArray, axes: readonly number[], tolerance: object = {}): Question[] {
  return [false, true].map((keepDimensions) => ({
    inputs: [x],
    attributes: { axes, keepDimensions },
    outputs: [{ shape: reducedShape(x.shape, axes, keepDimensions), dtype: x.dtype }],
    ...tolerance,
  }))
}

export function positions(x: HostArray, axis: number): Question {
  return {
    inputs: [x],
    attributes: { axis },
    outputs: [{ shape: reducedShape(x.shape, [axis], false), dtype: 'int32' }],
  }
}

export const cumulative = (x: HostArray, axis: number): Question[] =>
  [false, true].flatMap((exclusive) =>
    [false, true].map((reverse) => ({ inputs: [x], attributes: { axis, exclusive, reverse }, outputs: [x], ...close })),
  )

export const ties = [3, 1, 2, 3, 1, -0, 0, Infinity, -Infinity, 2, 2]

export function sorted(x: HostArray, axis: number): Question[] {
  return [false, true].map((descending) => ({
    inputs: [x],
    attributes: { axis, descending },
    outputs: [x, { ...x, dtype: 'int32' }],
  }))
}

export function largest(x: HostArray, k: number): Question {
  const shape = [...x.shape.slice(0, -1), k]
  return {
    inputs: [x],
    attributes: { k },
    outputs: [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int32' },
    ],
  }
}

export const ofEach = (ask: (dtype: DType) => Question | readonly Question[]): Question[] => moved.flatMap(ask)

export const move = (x: HostArray, attributes: Question['attributes'], shape: Shape): Question => ({
  inputs: [x],
  attributes,
  outputs: [{ shape, dtype: x.dtype }],
})

export const integers = (shape: Shape, values: readonly number[]): HostArray => array(shape, values, 'int32')

export function indexed(x: HostArray, indices: HostArray, attributes: Question['attributes'], shape: Shape): Question {
  return {
    inputs: [x, indices],
    attributes,
    outputs: [{ shape, dtype: x.dtype }],
    ...(x.dtype === 'float32' ? close : {}),
  }
}

export function product(a: Shape, b: Shape, y: Shape, transposeA: boolean, transposeB: boolean): Question {
  return {
    inputs: [numbers(a), numbers(b)],
    attributes: { transposeA, transposeB },
    outputs: [{ shape: y, dtype: 'float32' }],
    ...roughly,
  }
}

export const convolutions: readonly (readonly [x: Shape, filter: Shape, y: Shape, attributes: Convolution])[] = [
  [[2, 5, 4, 3], [3, 2, 3, 4], [2, 3, 3, 4], { strides: [1, 1], dilations: [1, 1], groups: 1, padding: [0, 0, 0, 0] }],
  [[1, 6, 7, 2], [3, 2, 2, 2], [1, 3, 4, 2], { strides: [2, 2], dilations: [1, 1], groups: 1, padding: [1, 0, 1, 0] }],
  [[1, 7, 7, 1], [3, 2, 1, 2], [1, 6, 7, 2], { strides: [1, 1], dilations: [2, 3], groups: 1, padding: [1, 2, 0, 3] }],
  [[2, 4, 4, 4], [2, 2, 2, 6], [2, 3, 3, 6], { strides: [1, 1], dilations: [1, 1], groups: 2, padding: [0, 0, 0, 0] }],
]

export const convolution = (
  ask: (x: Shape, filter: Shape, y: Shape, attributes: Convolution) => readonly [Shape[], Shape, object],
): Question[] =>
  convolutions.map(([x, filter, y, attributes]) => {
    const [inputs, output, more] = ask(x, filter, y, attributes)
    return {
      inputs: inputs.map((shape) => numbers(shape)),
      attributes: { ...attributes, ...more },
      outputs: [{ shape: output, dtype: 'float32' }],
      ...roughly,
    }
  })

export const poolings: readonly (readonly [x: Shape, y: Shape, attributes: Pooling])[] = [
  [[2, 5, 7, 3], [2, 2, 3, 3], { window: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }],
  [[1, 4, 5, 2], [1, 2, 3, 2], { window: [3, 3], strides: [2, 2], padding: [1, 1, 0, 2] }],
]

export const image = (y: Shape): Spec => ({ shape: y, dtype: 'float32' })

export const pooling = (ask: (x: Shape, y: Shape) => readonly [HostArray[], Shape, object]): Question[] =>
  poolings.map(([x, y, attributes]) => {
    const [inputs, output, more] = ask(x, y)
    return { inputs, attributes: { ...attributes, ...more }, outputs: [image(output)], ...close }
  })

export const halves = { window: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }
