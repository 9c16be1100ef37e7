import type { PrimitiveName } from '../../backend.js'
import type { DType } from '../../dtype.js'
import {
  type Question,
  special,
  ramp,
  whole,
  truth,
  close,
  array,
  list,
  numbers,
  unary,
  binary,
  pairs,
  castable,
  reduction,
  positions,
  cumulative,
  ties,
  sorted,
  largest,
  ofEach,
  move,
  integers,
  indexed,
  product,
  convolution,
  image,
  pooling,
  halves,
} from './question.js'

/** The questions of each primitive. What is not asked here (and what no dtype below covers) runs on the host. */
export function probeQuestions(): { readonly [Name in PrimitiveName]?: readonly Question[] } {
  const approximate = [unary('float32', 'float32', close)]
  const arithmetic = [unary(), unary('int32')]
  const numeric = [...pairs(special, 'float32'), ...pairs(whole, 'int32')]
  const extremesOfTwo = numeric.map((question) => ({ ...question, anyZero: true }))
  const comparison = [
    ...pairs(special, 'float32', 'bool'),
    ...pairs(whole, 'int32', 'bool'),
    ...pairs([0, 1], 'bool', 'bool'),
  ].filter(({ inputs }) => inputs[0]!.dtype !== 'bool' || inputs[1]!.shape.length > 0)
  const casts = (Object.keys(castable) as DType[]).flatMap((from) =>
    (Object.keys(castable) as DType[])
      .filter((to) => to !== from)
      .map((to): Question => {
        const x = list(castable[from], from)
        return { inputs: [x], attributes: { dtype: to }, outputs: [{ shape: x.shape, dtype: to }] }
      }),
  )
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
  const extremePositions = [
    positions(numbers([3, 37, 2]), 1),
    positions(rowsWithNaN, 1),
    positions(array([2, 40], [1, 3, 2, 3, 0, 0]), 1),
    positions(list([Infinity, NaN, 1, NaN, -Infinity]), 0),
    positions(array([3, 4], whole, 'int32'), 1),
  ]
  const equalCells = array([1, 4, 4, 1], [1, 1, 0, 2, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 5])
  return {
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
    sort: [
      ...sorted(numbers([2, 5, 3]), 1),
      ...sorted(list(ties), 0),
      ...sorted(list([...whole, 1, 1, 7], 'int32'), 0),
    ],
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
}
