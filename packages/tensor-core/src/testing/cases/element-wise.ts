import type { PrimitiveName, Shape } from '../../backend.js'
import {
  abs,
  add,
  cast,
  ceil,
  cos,
  divide,
  equal,
  erf,
  exp,
  expm1,
  floor,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  maximum,
  minimum,
  modulo,
  multiply,
  negative,
  notEqual,
  power,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sqrt,
  square,
  subtract,
  tanh,
  where,
} from '../../operations/index.js'
import type { DType } from '../../dtype.js'
import type { Tensor } from '../../tensor.js'
import { shapesText, type Case } from '../case.js'
import { exact, type Tolerance } from '../compare.js'
import { booleans, distinct, hostValues, integers, normal, uniform, type HostValues } from '../host-values.js'

type Unary = (x: Tensor) => Tensor
type Binary = (a: Tensor, b: Tensor) => Tensor

const shapes: readonly Shape[] = [[], [0], [1], [3, 0, 2], [2, 3, 5], [17], [4099]]
const special = [
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
  -1.2e-38,
  88.8,
  -103.9,
  1e-8,
]

/** A few units in the last place, for functions that engines approximate themselves. */
const approximate: Tolerance = { relative: 1e-6, scaled: 3e-7 }

interface UnaryOptions {
  readonly low?: number
  readonly high?: number
  readonly tolerance?: Tolerance
  readonly smooth?: boolean
  /** Where the function is asked for NaN, infinities and zeros, too. */
  readonly everywhere?: boolean
}

function unary(
  operation: PrimitiveName,
  f: Unary,
  { low = -4, high = 4, tolerance = approximate, smooth = true, everywhere = true }: UnaryOptions = {},
): Case[] {
  const compute = ([x]: readonly Tensor[]): Tensor => f(x!)
  const cases: Case[] = shapes.map((shape, i) => {
    const inputs = (): HostValues[] => [
      smooth ? uniform(shape, low, high, i + 1) : moved(distinct(shape, i + 1, 1), 0.25),
    ]
    const small = shape.reduce((size, length) => size * length, 1) < 100
    return {
      operation,
      name: `${operation} [${shape}]`,
      inputs,
      compute,
      tolerance,
      smooth: small,
      differentiable: small ? [0] : [],
    }
  })
  if (everywhere) {
    const inputs = (): HostValues[] => [hostValues([special.length], special)]
    cases.push({
      operation,
      name: `${operation} of NaN, ∞, ±0 and extremes`,
      inputs,
      compute,
      tolerance,
      differentiable: [],
    })
  }
  return cases
}

const broadcasts: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[], [5]],
  [[2, 3], []],
  [[7], [7]],
  [[3, 5], [5]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 1, 3],
    [2, 1],
  ],
  [
    [1, 4, 1, 3],
    [2, 1, 5, 1],
  ],
  [
    [2, 0, 3],
    [1, 3],
  ],
  [
    [33, 65],
    [33, 1],
  ],
  [[2048], [2048]],
]

function binary(
  operation: PrimitiveName,
  f: Binary,
  inputs: (a: Shape, b: Shape) => readonly [HostValues, HostValues] = (a, b) => [normal(a, 1), normal(b, 2)],
  options: Partial<Case> = { tolerance: exact },
): Case[] {
  const compute = ([a, b]: readonly Tensor[]): Tensor => f(a!, b!)
  return broadcasts.map(([a, b]) => {
    const small = [...a, ...b].every((length) => length < 10)
    return {
      operation,
      name: `${operation} ${shapesText(inputs(a, b))}`,
      inputs: () => inputs(a, b),
      compute,
      smooth: small,
      ...(small ? {} : { differentiable: [] }),
      ...options,
    }
  })
}

/** Every pair of special values. */
function pairs(
  operation: PrimitiveName,
  f: Binary,
  tolerance: Tolerance,
  values: readonly number[] = special,
  dtype: DType = 'float32',
): Case {
  return {
    operation,
    name: `${operation} of all pairs of special ${dtype} values`,
    inputs: () => [hostValues([values.length, 1], values, dtype), hostValues([1, values.length], values, dtype)],
    compute: ([a, b]) => f(a!, b!),
    tolerance,
    differentiable: [],
  }
}

const specialIntegers = [0, 1, -1, 7, -7, 65536, 2 ** 31 - 1, -(2 ** 31)]

/** Values of a small set, so that some are equal; `differentiable` is empty where a result is a truth value. */
const coarse = (a: Shape, b: Shape): readonly [HostValues, HostValues] => [
  hostValues(a, integers(a, -2, 3, 5).values),
  hostValues(b, integers(b, -2, 3, 6).values),
]

function comparison(operation: PrimitiveName, f: Binary): Case[] {
  return [
    ...binary(operation, f, coarse, { differentiable: [] }),
    pairs(operation, f, exact),
    pairs(operation, f, exact, specialIntegers, 'int32'),
    pairs(operation, f, exact, [0, 1], 'bool'),
  ]
}

function casts(): Case[] {
  const from: Record<DType, HostValues> = {
    float32: hostValues([special.length + 6], [...special, 1.9, -1.9, 65519, 65520, 2 ** -25, 3 * 2 ** -26]),
    int32: hostValues([10], [...specialIntegers, 16777217, 16777219], 'int32'),
    bool: hostValues([3], [0, 1, 1], 'bool'),
    bfloat16: hostValues([6], [0x3f80, 0xc040, 0x0001, 0x7f80, 0x8000, 0x7fc0], 'bfloat16'),
    float16: hostValues([6], [0x3c00, 0xc200, 0x0001, 0x7c00, 0x8000, 0x7e00], 'float16'),
  }
  const dtypes = Object.keys(from) as DType[]
  return dtypes.flatMap((source) =>
    dtypes
      .filter((target) => target !== source)
      .map(
        (target): Case => ({
          operation: 'cast',
          name: `cast ${source} to ${target}`,
          inputs: () => [from[source]],
          compute: ([x]) => cast(x!, target),
          tolerance: exact,
          differentiable: [],
        }),
      ),
  )
}

const whereCases: Case[] = [
  [[], [], []],
  [[4], [], [4]],
  [[3, 1], [3], [2, 1, 1]],
  [
    [2, 3, 5],
    [2, 3, 5],
    [2, 3, 5],
  ],
  [[1], [2, 0], [2, 1]],
].map(([condition, a, b]) => ({
  operation: 'where',
  name: `where [${condition}] [${a}] [${b}]`,
  inputs: () => [booleans(condition!, 3), normal(a!, 1), normal(b!, 2)],
  compute: ([test, yes, no]) => where(test!, yes!, no!),
  tolerance: exact,
}))

const kinked = { smooth: false, tolerance: exact }

export const elementWiseCases: readonly Case[] = [
  ...unary('negative', negative, { tolerance: exact }),
  ...unary('abs', abs, kinked),
  ...unary('sign', sign, kinked),
  ...unary('square', square, { tolerance: exact }),
  ...unary('exp', exp),
  ...unary('expm1', expm1),
  ...unary('log', log, { low: 0.25 }),
  ...unary('log1p', log1p, { low: -0.75 }),
  ...unary('sqrt', sqrt, { low: 0.25 }),
  ...unary('rsqrt', rsqrt, { low: 0.25 }),
  ...unary('reciprocal', reciprocal, { low: 0.25 }),
  ...unary('sin', sin, { everywhere: false }),
  ...unary('cos', cos, { everywhere: false }),
  ...unary('tanh', tanh),
  ...unary('sigmoid', sigmoid),
  ...unary('erf', erf),
  ...unary('floor', floor, kinked),
  ...unary('ceil', ceil, kinked),
  ...unary('round', round, kinked),
  ...unary('relu', relu, { smooth: false, tolerance: {} }), // the sign of a zero is free
  {
    operation: 'round',
    name: 'round of halves',
    inputs: () => [hostValues([6], [0.5, 1.5, 2.5, -0.5, -1.5, -2.5])],
    compute: ([x]) => round(x!),
    tolerance: exact,
    differentiable: [],
  },
  ...(
    [
      ['negative', negative],
      ['abs', abs],
      ['sign', sign],
      ['square', square],
    ] as const
  ).map(
    ([operation, f]): Case => ({
      operation,
      name: `${operation} of int32`,
      inputs: () => [hostValues([8], specialIntegers, 'int32')],
      compute: ([x]) => f(x!),
    }),
  ),
  {
    operation: 'isNaN',
    name: 'isNaN',
    inputs: () => [hostValues([special.length], special)],
    compute: ([x]) => isNaN(x!),
    differentiable: [],
  },
  {
    operation: 'isFinite',
    name: 'isFinite',
    inputs: () => [hostValues([special.length], special)],
    compute: ([x]) => isFinite(x!),
    differentiable: [],
  },
  { operation: 'logicalNot', name: 'logicalNot', inputs: () => [booleans([37], 4)], compute: ([x]) => logicalNot(x!) },
  ...casts(),

  ...binary('add', add),
  ...binary('subtract', subtract),
  ...binary('multiply', multiply),
  ...binary('divide', divide, (a, b) => [normal(a, 1), uniform(b, 0.5, 3, 2)], { tolerance: approximate }),
  ...binary('power', power, (a, b) => [uniform(a, 0.5, 3, 1), uniform(b, -3, 3, 2)], { tolerance: { relative: 3e-6 } }),
  ...binary('maximum', maximum, (a, b) => [distinct(a, 1, 0.5), moved(distinct(b, 2, 0.5), 0.125)]),
  ...binary('minimum', minimum, (a, b) => [distinct(a, 1, 0.5), moved(distinct(b, 2, 0.5), 0.125)]),
  ...binary(
    'modulo',
    modulo,
    (a, b) => [
      distinct(a, 1, 0.5),
      hostValues(
        b,
        integers(b, 0, 2, 2).values.map((value) => (value ? 2.25 : -2.25)),
      ),
    ],
    { tolerance: { relative: 1e-6, scaled: 1e-6 } },
  ),
  ...(
    [
      ['add', add],
      ['subtract', subtract],
      ['multiply', multiply],
      ['maximum', maximum],
      ['minimum', minimum],
    ] as const
  ).map(([operation, f]) => pairs(operation, f, operation === 'maximum' || operation === 'minimum' ? {} : exact)),
  pairs('divide', divide, { relative: 1e-6 }),
  pairs('power', power, { relative: 1e-5 }, [NaN, Infinity, -Infinity, 0, 1, -1, 0.5, 2, -2, 3]),
  pairs('modulo', modulo, { relative: 1e-6, scaled: 1e-6 }, [7, -7, 5.5, 3, -3, 0.5, -0.5, 2]),
  ...(
    [
      ['add', add],
      ['subtract', subtract],
      ['multiply', multiply],
      ['divide', divide],
      ['maximum', maximum],
      ['minimum', minimum],
    ] as const
  ).map(([operation, f]) => pairs(operation, f, exact, specialIntegers, 'int32')),
  ...comparison('equal', equal),
  ...comparison('notEqual', notEqual),
  ...comparison('less', less),
  ...comparison('lessEqual', lessEqual),
  ...comparison('greater', greater),
  ...comparison('greaterEqual', greaterEqual),
  ...binary('logicalAnd', logicalAnd, (a, b) => [booleans(a, 1), booleans(b, 2)]),
  ...binary('logicalOr', logicalOr, (a, b) => [booleans(a, 1), booleans(b, 2)]),
  ...whereCases,
  {
    operation: 'where',
    name: 'where of int32',
    inputs: () => [booleans([9], 3), integers([9], -5, 5, 1), integers([1], -5, 5, 2)],
    compute: ([test, yes, no]) => where(test!, yes!, no!),
  },
]

function moved(values: HostValues, distance: number): HostValues {
  return { ...values, values: (values.values as Float32Array).map((value) => value + distance) }
}
