import type { Convolution, Pooling, PrimitiveAttributes, PrimitiveName, Shape, Spec } from '../../backend.js'
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
const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -2.5, 3.4e38, -3.4e38, 1.2e-38, 88.8, -103.9, 1e-8, 2.5]
const ramp = Array.from({ length: 41 }, (_, i) => (i - 20) / 5)
const whole = [0, 1, -1, 7, -7, 65536, 2 ** 31 - 1, -(2 ** 31), 3, -3, 12345, 9]
const truth = [1, 0, 0, 1, 1, 0, 1]

/** Within the accuracy of the functions that engines approximate, each in its way. */
const close = { relative: 2e-6, scaled: 3e-7 }
/** What a kernel means, not how well it adds: GPUs may round factors to 10 bits. */
const roughly = { relative: 1e-2, scaled: 5e-3 }

function array(shape: Shape, values: readonly number[], dtype: DType = 'float32'): HostArray {
  const data = allocateArray(dtype, sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = encodeAs(dtype, values[i % values.length]!)
  return { shape, dtype, values: data }
}
const list = (values: readonly number[], dtype: DType = 'float32'): HostArray => array([values.length], values, dtype)
/** 0.5, 1.0, −0.5 …: all different, and exact in 16 bits. */
const numbers = (shape: Shape, dtype: DType = 'float32'): HostArray =>
  array(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7) % sizeOf(shape)) - sizeOf(shape) / 2) / 2 + 0.5),
    dtype,
  )
const moved: readonly DType[] = ['float32', 'int32', 'bool', 'bfloat16', 'float16']

function unary(
  dtype: DType = 'float32',
  to: DType = dtype,
  tolerance: object = {},
  values?: readonly number[],
): Question {
  const known = dtype === 'float32' ? [...special, ...special, ...special, ...ramp] : dtype === 'int32' ? whole : truth
  const x = list(values ?? known, dtype)
  return { inputs: [x], attributes: {}, outputs: [{ shape: x.shape, dtype: to }], ...tolerance }
}
const approximate = [unary('float32', 'float32', close)]
const arithmetic = [unary(), unary('int32')]

function binary(a: HostArray, b: HostArray, to: DType, tolerance: object = {}): Question {
  return {
    inputs: [a, b],
    attributes: {},
    outputs: [{ shape: broadcastShapes('probe', a.shape, b.shape), dtype: to }],
    ...tolerance,
  }
}
/** All pairs of values: by broadcasting, side by side, and against a scalar. */
function pairs(values: readonly number[], dtype: DType, to: DType = dtype, tolerance: object = {}): Question[] {
  const n = values.length
  const repeated = values.flatMap((value) => values.map(() => value))
  const cycled = values.flatMap(() => values)
  return [
    binary(array([n, 1], values, dtype), array([1, n], values, dtype), to, tolerance),
    binary(list(repeated, dtype), list(cycled, dtype), to, tolerance),
    ...[0, 2].map((i) => binary(list(values, dtype), array([], [values[i]!], dtype), to, tolerance)),
  ]
}
const numeric = [...pairs(special, 'float32'), ...pairs(whole, 'int32')]
const extremesOfTwo = numeric.map((question) => ({ ...question, anyZero: true }))
const comparison = [
  ...pairs(special, 'float32', 'bool'),
  ...pairs(whole, 'int32', 'bool'),
  ...pairs([0, 1], 'bool', 'bool'),
].filter(({ inputs }) => inputs[0]!.dtype !== 'bool' || inputs[1]!.shape.length > 0)

const castable: Readonly<Record<DType, readonly number[]>> = {
  float32: [...special, ...special, 1.9, -1.9, 65519, 65520, 2 ** -25, 3 * 2 ** -26, 1 + 2 ** -8, 1 + 3 * 2 ** -8],
  int32: [...whole, 16777217, 16777219],
  bool: truth,
  bfloat16: [1, -3, 2 ** -126, Infinity, -0, NaN, 100],
  float16: [1, -3, 2 ** -20, Infinity, -0, NaN, 100],
}
const casts = (Object.keys(castable) as DType[]).flatMap((from) =>
  (Object.keys(castable) as DType[])
    .filter((to) => to !== from)
    .map((to): Question => {
      const x = list(castable[from], from)
      return { inputs: [x], attributes: { dtype: to }, outputs: [{ shape: x.shape, dtype: to }] }
    }),
)

function reduction(x: HostArray, axes: readonly number[], tolerance: object = {}): Question[] {
  return [false, true].map((keepDimensions) => ({
    inputs: [x],
    attributes: { axes, keepDimensions },
    outputs: [{ shape: reducedShape(x.shape, axes, keepDimensions), dtype: x.dtype }],
    ...tolerance,
  }))
}
const sums = [
  ...reduction(numbers([3, 37, 2]), [1], close),
  ...reduction(list([1, NaN, 3]), [0]),
  ...reduction(array([3, 4], whole, 'int32'), [0]),
]
const rowsWithNaN = array([3, 40], [...ramp, NaN, ...ramp, Infinity])
const extremes = [
  ...reduction(numbers([3, 37, 2]), [1]),
  ...reduction(rowsWithNaN, [1]),
  ...reduction(rowsWithNaN, [0]),
  ...reduction(array([3, 4], whole, 'int32'), [0]),
  ...reduction(array([3, 4], truth, 'bool'), [1]),
]
function positions(x: HostArray, axis: number): Question {
  return {
    inputs: [x],
    attributes: { axis },
    outputs: [{ shape: reducedShape(x.shape, [axis], false), dtype: 'int32' }],
  }
}
const extremePositions = [
  positions(numbers([3, 37, 2]), 1),
  positions(rowsWithNaN, 1),
  positions(array([2, 40], [1, 3, 2, 3, 0, 0]), 1),
  positions(list([Infinity, NaN, 1, NaN, -Infinity]), 0),
  positions(array([3, 4], whole, 'int32'), 1),
]
const cumulative = (x: HostArray, axis: number): Question[] =>
  [false, true].flatMap((exclusive) =>
    [false, true].map((reverse) => ({ inputs: [x], attributes: { axis, exclusive, reverse }, outputs: [x], ...close })),
  )
const ties = [3, 1, 2, 3, 1, -0, 0, Infinity, -Infinity, 2, 2]
function sorted(x: HostArray, axis: number): Question[] {
  return [false, true].map((descending) => ({
    inputs: [x],
    attributes: { axis, descending },
    outputs: [x, { ...x, dtype: 'int32' }],
  }))
}
function largest(x: HostArray, k: number): Question {
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

const ofEach = (ask: (dtype: DType) => Question | readonly Question[]): Question[] => moved.flatMap(ask)
const move = (x: HostArray, attributes: Question['attributes'], shape: Shape): Question => ({
  inputs: [x],
  attributes,
  outputs: [{ shape, dtype: x.dtype }],
})

const integers = (shape: Shape, values: readonly number[]): HostArray => array(shape, values, 'int32')
function indexed(x: HostArray, indices: HostArray, attributes: Question['attributes'], shape: Shape): Question {
  return {
    inputs: [x, indices],
    attributes,
    outputs: [{ shape, dtype: x.dtype }],
    ...(x.dtype === 'float32' ? close : {}),
  }
}

function product(a: Shape, b: Shape, y: Shape, transposeA: boolean, transposeB: boolean): Question {
  return {
    inputs: [numbers(a), numbers(b)],
    attributes: { transposeA, transposeB },
    outputs: [{ shape: y, dtype: 'float32' }],
    ...roughly,
  }
}

const convolutions: readonly (readonly [x: Shape, filter: Shape, y: Shape, attributes: Convolution])[] = [
  [[2, 5, 4, 3], [3, 2, 3, 4], [2, 3, 3, 4], { strides: [1, 1], dilations: [1, 1], groups: 1, padding: [0, 0, 0, 0] }],
  [[1, 6, 7, 2], [3, 2, 2, 2], [1, 3, 4, 2], { strides: [2, 2], dilations: [1, 1], groups: 1, padding: [1, 0, 1, 0] }],
  [[1, 7, 7, 1], [3, 2, 1, 2], [1, 6, 7, 2], { strides: [1, 1], dilations: [2, 3], groups: 1, padding: [1, 2, 0, 3] }],
  [[2, 4, 4, 4], [2, 2, 2, 6], [2, 3, 3, 6], { strides: [1, 1], dilations: [1, 1], groups: 2, padding: [0, 0, 0, 0] }],
]
const convolution = (
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

const poolings: readonly (readonly [x: Shape, y: Shape, attributes: Pooling])[] = [
  [[2, 5, 7, 3], [2, 2, 3, 3], { window: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }],
  [[1, 4, 5, 2], [1, 2, 3, 2], { window: [3, 3], strides: [2, 2], padding: [1, 1, 0, 2] }],
]
const image = (y: Shape): Spec => ({ shape: y, dtype: 'float32' })
const pooling = (ask: (x: Shape, y: Shape) => readonly [HostArray[], Shape, object]): Question[] =>
  poolings.map(([x, y, attributes]) => {
    const [inputs, output, more] = ask(x, y)
    return { inputs, attributes: { ...attributes, ...more }, outputs: [image(output)], ...close }
  })
const equalCells = array([1, 4, 4, 1], [1, 1, 0, 2, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 5])
const halves = { window: [2, 2], strides: [2, 2], padding: [0, 0, 0, 0] }

/** The questions of each primitive. What is not asked here (and what no dtype below covers) runs on the host. */
export const probeQuestions: { readonly [Name in PrimitiveName]?: readonly Question[] } & Partial<
  Record<keyof PrimitiveAttributes, unknown>
> = {
  full: [-1.5, NaN].map((value) => ({
    inputs: [],
    attributes: { value },
    outputs: [{ shape: [2, 3], dtype: 'float32' }],
  })),
  negative: arithmetic,
  abs: arithmetic,
  sign: arithmetic,
  square: arithmetic,
  exp: approximate,
  expm1: approximate,
  log: approximate,
  log1p: approximate,
  sqrt: approximate,
  rsqrt: approximate,
  reciprocal: approximate,
  sin: [unary('float32', 'float32', close, ramp)],
  cos: [unary('float32', 'float32', close, ramp)],
  tanh: approximate,
  sigmoid: approximate,
  erf: approximate,
  floor: [unary()],
  ceil: [unary()],
  round: [unary(), unary('float32', 'float32', {}, [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3.5])],
  relu: [unary('float32', 'float32', { anyZero: true })],
  isNaN: [unary('float32', 'bool')],
  isFinite: [unary('float32', 'bool')],
  logicalNot: [unary('bool')],
  cast: casts,
  add: numeric,
  subtract: numeric,
  multiply: numeric,
  divide: pairs(special, 'float32', 'float32', close), // not of int32: some engines stop the process at −2³¹ / −1
  power: [
    ...pairs([NaN, Infinity, -Infinity, 0, 1, -1, 0.5, 2, -2, 3], 'float32', 'float32', { relative: 1e-5 }),
    binary(list(ramp.map((x) => Math.abs(x) + 0.5)), list(ramp), 'float32', { relative: 3e-6 }),
  ],
  maximum: extremesOfTwo,
  minimum: extremesOfTwo,
  modulo: pairs([7, -7, 5.5, 3, -3, 0.5, -0.5, 2], 'float32', 'float32', close),
  equal: comparison,
  notEqual: comparison,
  less: comparison,
  lessEqual: comparison,
  greater: comparison,
  greaterEqual: comparison,
  logicalAnd: [binary(array([7, 1], truth, 'bool'), list(truth, 'bool'), 'bool')],
  logicalOr: [binary(array([7, 1], truth, 'bool'), list(truth, 'bool'), 'bool')],
  where: ofEach((dtype) => [
    {
      inputs: [array([3, 1], truth, 'bool'), numbers([3], dtype), numbers([2, 1, 1], dtype)],
      attributes: {},
      outputs: [{ shape: [2, 3, 3], dtype }],
    },
    {
      inputs: [array([7], truth, 'bool'), array([7], [1, NaN, 3], dtype), array([], [2], dtype)],
      attributes: {},
      outputs: [{ shape: [7], dtype }],
    },
  ]),
  sum: sums,
  prod: [
    ...reduction(array([3, 5, 2], ramp), [1], close),
    ...reduction(array([6, 2], [65537, 2, 65539, -3, 32771, 5, 40001, 7, 7, 1, 3, 2], 'int32'), [0]),
  ],
  max: extremes,
  min: extremes,
  argMax: extremePositions,
  argMin: extremePositions,
  cumulativeSum: [...cumulative(numbers([2, 5, 3]), 1), ...cumulative(array([3, 4], whole, 'int32'), 1)],
  sort: [...sorted(numbers([2, 5, 3]), 1), ...sorted(list(ties), 0), ...sorted(list([...whole, 1, 1, 7], 'int32'), 0)],
  topK: [largest(numbers([2, 3, 9]), 3), largest(list(ties), 7), largest(list([...whole, 1, 1, 7], 'int32'), 5)],
  transpose: ofEach((dtype) => move(numbers([2, 3, 4], dtype), { permutation: [2, 0, 1] }, [4, 2, 3])),
  broadcastTo: ofEach((dtype) => move(numbers([2, 1, 3], dtype), { shape: [2, 2, 4, 3] }, [2, 2, 4, 3])),
  slice: ofEach((dtype) => [
    move(numbers([5, 7], dtype), { begin: [1, 1], strides: [1, 3] }, [3, 2]),
    move(numbers([5, 7], dtype), { begin: [1, 2], strides: [1, 1] }, [3, 4]),
  ]),
  sliceGradient: ofEach((dtype) => [
    move(numbers([3, 2], dtype), { begin: [1, 1], strides: [1, 3] }, [5, 7]),
    move(numbers([3, 4], dtype), { begin: [1, 2], strides: [1, 1] }, [5, 7]),
  ]),
  pad: ofEach((dtype) => move(numbers([2, 3], dtype), { before: [0, 2], after: [1, 0], value: 1 }, [3, 5])),
  flip: ofEach((dtype) => move(numbers([2, 3, 4], dtype), { axes: [0, 2] }, [2, 3, 4])),
  concat: ofEach((dtype) => ({
    inputs: [numbers([2, 1, 3], dtype), numbers([2, 4, 3], dtype)],
    attributes: { axis: 1 },
    outputs: [{ shape: [2, 5, 3], dtype }],
  })),
  gather: ofEach((dtype) => [
    indexed(numbers([2, 5, 3], dtype), integers([2, 2], [4, 0, 2, 2]), { axis: 1 }, [2, 2, 2, 3]),
    indexed(numbers([5], dtype), integers([], [3]), { axis: 0 }, []),
  ]),
  scatterAdd: (['float32', 'int32'] as const).flatMap((dtype) => [
    indexed(numbers([2, 2, 2, 3], dtype), integers([2, 2], [4, 0, 2, 2]), { axis: 1, size: 5 }, [2, 5, 3]),
    indexed(numbers([7], dtype), integers([7], [1, 0, 1, 1, 3, 0, 1]), { axis: 0, size: 5 }, [5]),
    indexed(numbers([], dtype), integers([], [1]), { axis: 0, size: 3 }, [3]),
  ]),
  takeAlongAxis: (['float32', 'int32'] as const).flatMap((dtype) => [
    indexed(numbers([2, 5, 3], dtype), integers([2, 2, 3], [4, 0, 2, 2, 1, 3]), { axis: 1 }, [2, 2, 3]),
    indexed(numbers([3, 4], dtype), integers([3, 1], [3, 0, 2]), { axis: 1 }, [3, 1]),
  ]),
  takeAlongAxisGradient: (['float32', 'int32'] as const).flatMap((dtype) => [
    indexed(numbers([2, 2, 3], dtype), integers([2, 2, 3], [4, 0, 2, 4, 1, 3]), { axis: 1, size: 5 }, [2, 5, 3]),
    indexed(numbers([3, 2], dtype), integers([3, 2], [3, 0, 2, 2, 1, 3]), { axis: 1, size: 4 }, [3, 4]),
  ]),
  oneHot: [
    { inputs: [integers([2, 3], [0, 4, -1, 5, 2, 1000000])], attributes: { depth: 5 }, outputs: [image([2, 3, 5])] },
  ],
  matmul: [
    product([3, 4], [4, 5], [3, 5], false, false),
    product([4, 3], [5, 4], [3, 5], true, true),
    product([2, 1, 3, 4], [3, 5, 4], [2, 3, 3, 5], false, true),
    product([2, 4, 3], [4, 5], [2, 3, 5], true, false),
  ],
  conv2d: convolution((x, filter, y) => [[x, filter], y, {}]),
  conv2dInputGradient: convolution((x, filter, y) => [[y, filter], x, { inputShape: x }]),
  conv2dFilterGradient: convolution((x, filter, y) => [[y, x], filter, { filterShape: filter }]),
  maxPool2d: pooling((x, y) => [[numbers(x)], y, {}]),
  maxPool2dGradient: [
    {
      inputs: [numbers([1, 2, 2, 1]), equalCells, array([1, 2, 2, 1], [1, 2, 0, 5])],
      attributes: halves,
      outputs: [image([1, 4, 4, 1])],
    },
  ],
  averagePool2d: pooling((x, y) => [[numbers(x)], y, {}]),
  averagePool2dGradient: pooling((x, y) => [[numbers(y)], x, { inputShape: x }]),
}
