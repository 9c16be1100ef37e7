import type { PrimitiveName, Shape } from '../../backend.js'
import {
  all,
  any,
  argMax,
  argMin,
  cumulativeSum,
  max,
  min,
  prod,
  sort,
  sum,
  topK,
  type Axes,
  type ReductionOptions,
} from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case } from '../case.js'
import { accumulated, exact, type Tolerance } from '../compare.js'
import { booleans, distinct, hostValues, integers, normal, uniform, type HostValues } from '../host-values.js'

type Reduce = (x: Tensor, axes?: Axes, options?: ReductionOptions) => Tensor

const placements: readonly (readonly [Shape, readonly number[]])[] = [
  [[], []],
  [[5], [0]],
  [[3, 5], [0]],
  [[3, 5], [1]],
  [
    [3, 5],
    [0, 1],
  ],
  [[2, 3, 4], [1]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [
    [2, 1, 3, 2],
    [0, 1, 3],
  ],
  [[0, 3], [1]],
  [[33, 129], [1]],
  [[129, 33], [0]],
  [
    [9, 31, 17],
    [0, 2],
  ],
]

function reduction(
  operation: PrimitiveName,
  f: Reduce,
  values: (shape: Shape) => HostValues,
  tolerance: Tolerance,
): Case[] {
  const cases: Case[] = placements.flatMap(([shape, axes]) =>
    [false, true].map((keepDimensions) => {
      const small = shape.every((length) => length < 10)
      return {
        operation,
        name: `${operation} [${shape}] over [${axes}]${keepDimensions ? ' kept' : ''}`,
        inputs: () => [values(shape)],
        compute: ([x]) => f(x!, axes, { keepDimensions }),
        tolerance,
        smooth: small,
        ...(small ? {} : { differentiable: [] }),
      }
    }),
  )
  cases.push({
    operation,
    name: `${operation} of int32`,
    inputs: () => [integers([5, 37], -9, 10, 3)],
    compute: ([x]) => f(x!, 1),
    tolerance: exact,
  })
  for (const values of [
    [1, NaN, 3],
    [Infinity, -Infinity, 1],
    [-0, 0, -0],
    [-Infinity, 2, 5],
  ]) {
    const inputs = (): HostValues[] => [hostValues([3], values)]
    cases.push({
      operation,
      name: `${operation} of ${values.map((value) => (Object.is(value, -0) ? '−0' : value)).join(', ')}`,
      inputs,
      compute: ([x]) => f(x!),
      differentiable: [],
    })
  }
  return cases
}

const long = (operation: PrimitiveName, f: Reduce): Case => ({
  operation,
  name: `${operation} of 100 003 values`,
  inputs: () => [normal([100003], 5)],
  compute: ([x]) => f(x!),
  tolerance: { relative: 1e-4, scaled: 1e-5 },
  differentiable: [],
})

const empty = (operation: PrimitiveName, f: Reduce): Case => ({
  operation,
  name: `${operation} over an empty axis`,
  inputs: () => [hostValues([2, 0], [])],
  compute: ([x]) => f(x!, 1),
  tolerance: exact,
})

function position(operation: 'argMax' | 'argMin', f: (x: Tensor, axis?: number) => Tensor): Case[] {
  const on = (name: string, x: () => HostValues, axis: number): Case => ({
    operation,
    name: `${operation} ${name}`,
    inputs: () => [x()],
    compute: ([values]) => f(values!, axis),
    differentiable: [],
  })
  return [
    on('[7]', () => normal([7]), 0),
    on('[3, 65] last axis', () => normal([3, 65]), 1),
    on('[65, 3] first axis', () => normal([65, 3]), 0),
    on('[2, 5, 3] middle axis', () => normal([2, 5, 3]), 1),
    on('first of equals', () => hostValues([2, 5], [2, 3, 1, 3, 1, 0, 0, 0, 0, 0]), 1),
    on('with NaN', () => hostValues([2, 4], [1, NaN, 3, NaN, -Infinity, Infinity, NaN, 0]), 1),
    on('of int32', () => integers([4, 19], -5, 6), 1),
  ]
}

const cumulative: Case[] = (
  [
    [[5], 0],
    [[3, 7], 1],
    [[7, 3], 0],
    [[2, 5, 3], 1],
    [[2, 0, 3], 1],
    [[3, 1000], 1],
  ] as const
).flatMap(([shape, axis]) =>
  [false, true].flatMap((exclusive) =>
    [false, true].map(
      (reverse): Case => ({
        operation: 'cumulativeSum',
        name: `cumulativeSum [${shape}] axis ${axis}${exclusive ? ' exclusive' : ''}${reverse ? ' reverse' : ''}`,
        inputs: () => [normal(shape)],
        compute: ([x]) => cumulativeSum(x!, axis, { exclusive, reverse }),
        tolerance: { relative: 1e-5, scaled: 1e-5 },
        ...(shape.includes(1000 as never) ? { differentiable: [], smooth: false } : {}),
      }),
    ),
  ),
)

const sorting: Case[] = [false, true].flatMap((descending) => {
  const on = (name: string, x: () => HostValues, axis: number, rest: Partial<Case> = {}): Case => ({
    operation: 'sort',
    name: `sort ${name}${descending ? ' descending' : ''}`,
    inputs: () => [x()],
    compute: ([values]) => Object.values(sort(values!, axis, { descending })),
    tolerance: exact,
    ...rest,
  })
  return [
    on('[9]', () => distinct([9]), 0),
    on('[2, 5, 3] axis 1', () => distinct([2, 5, 3]), 1),
    on('[3, 0] axis 1', () => hostValues([3, 0], []), 1),
    on('[4, 333] axis 1', () => normal([4, 333]), 1, { differentiable: [] }),
    on('stable', () => hostValues([64], integers([64], 0, 4).values), 0, { differentiable: [] }),
    on('with NaN and ±∞', () => hostValues([7], [NaN, 1, Infinity, NaN, -Infinity, 1, -0]), 0, { differentiable: [] }),
    on('of int32', () => integers([65], -9, 10), 0),
  ]
})

const topKs: Case[] = [
  {
    operation: 'topK',
    name: 'topK 3 of [2, 3, 9]',
    inputs: () => [distinct([2, 3, 9])],
    compute: ([x]) => Object.values(topK(x!, 3)),
    tolerance: exact,
  },
  {
    operation: 'topK',
    name: 'topK all of [5]',
    inputs: () => [distinct([5])],
    compute: ([x]) => Object.values(topK(x!, 5)),
    tolerance: exact,
  },
  {
    operation: 'topK',
    name: 'topK 8 of [3, 1000]',
    inputs: () => [normal([3, 1000])],
    compute: ([x]) => Object.values(topK(x!, 8)),
    tolerance: exact,
    differentiable: [],
  },
  {
    operation: 'topK',
    name: 'topK of equals',
    inputs: () => [hostValues([40], integers([40], 0, 3).values)],
    compute: ([x]) => Object.values(topK(x!, 11)),
    tolerance: exact,
    differentiable: [],
  },
  {
    operation: 'topK',
    name: 'topK of int32',
    inputs: () => [integers([2, 21], -9, 10)],
    compute: ([x]) => Object.values(topK(x!, 4)),
    tolerance: exact,
  },
]

export const reductionCases: readonly Case[] = [
  ...reduction('sum', sum, (shape) => normal(shape), accumulated),
  ...reduction('prod', prod, (shape) => uniform(shape, 0.75, 1.3125), { relative: 1e-4 }),
  ...reduction('max', max, (shape) => distinct(shape), exact),
  ...reduction('min', min, (shape) => distinct(shape), exact),
  long('sum', sum),
  long('max', max),
  empty('sum', sum),
  empty('prod', prod),
  {
    operation: 'prod',
    name: 'prod gradient with zeros',
    inputs: () => [hostValues([3, 3], [1, 0, 3, 0, 2, 0, 1, 2, 3])],
    compute: ([x]) => prod(x!, 1),
    twice: false,
  },
  { operation: 'max', name: 'any', inputs: () => [booleans([4, 3], 2, 0.2)], compute: ([x]) => any(x!, 1) },
  {
    operation: 'min',
    name: 'all',
    inputs: () => [booleans([4, 3], 2, 0.8)],
    compute: ([x]) => all(x!, 1, { keepDimensions: true }),
  },
  ...position('argMax', argMax),
  ...position('argMin', argMin),
  ...cumulative,
  ...sorting,
  ...topKs,
]
