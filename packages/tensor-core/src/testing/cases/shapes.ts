import type { PrimitiveName, Shape } from '../../backend.js'
import type { DType } from '../../dtype.js'
import {
  broadcastTo,
  concat,
  flip,
  full,
  gather,
  oneHot,
  pad,
  range,
  scatterAdd,
  slice,
  takeAlongAxis,
  transpose,
  updateRows,
} from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case, Outputs } from '../case.js'
import { accumulated, exact, type Tolerance } from '../compare.js'
import { booleans, hostValues, integers, normal, stored, type HostValues } from '../host-values.js'

function one(
  operation: PrimitiveName,
  detail: string,
  inputs: () => HostValues[],
  compute: (...inputs: Tensor[]) => Outputs,
  rest: Partial<Case> = {},
): Case {
  return {
    operation,
    name: `${operation} ${detail}`,
    inputs,
    compute: (tensors) => compute(...tensors),
    tolerance: exact,
    ...rest,
  }
}

/** The same movement of float32, int32, bool and 16-bit values. */
function everyDType(
  operation: PrimitiveName,
  detail: string,
  shape: Shape,
  compute: (x: Tensor) => Outputs,
  rest: Partial<Case> = {},
): Case[] {
  const values: Record<DType, () => HostValues> = {
    float32: () => normal(shape),
    int32: () => integers(shape, -1000, 1000),
    bool: () => booleans(shape),
    bfloat16: () => hostValues(shape, integers(shape, 0, 0x7f80).values, 'bfloat16'),
    float16: () => hostValues(shape, integers(shape, 0, 0x7c00).values, 'float16'),
  }
  return Object.entries(values).map(([dtype, input]) =>
    one(operation, `${detail} ${dtype}`, () => [input()], compute, rest),
  )
}

const large = { differentiable: [], smooth: false }

const transposes = (
  [
    [
      [3, 5],
      [1, 0],
    ],
    [
      [2, 3, 4],
      [0, 2, 1],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [2, 1, 3, 2],
      [3, 1, 0, 2],
    ],
    [
      [2, 0, 3],
      [2, 1, 0],
    ],
  ] as const
).flatMap(([shape, order]) => everyDType('transpose', `[${shape}] to [${order}]`, shape, (x) => transpose(x, order)))

const stretches = (
  [
    [[], [3]],
    [[1], [2, 0]],
    [
      [3, 1],
      [3, 4],
    ],
    [
      [1, 3],
      [2, 4, 3],
    ],
    [
      [2, 1, 1, 3],
      [2, 4, 5, 3],
    ],
  ] as const
).flatMap(([from, to]) => everyDType('broadcastTo', `[${from}] to [${to}]`, from, (x) => broadcastTo(x, to)))

const slices = [
  everyDType('slice', '[7] 2 … 5', [7], (x) => slice(x, [[2, 5]])),
  everyDType('slice', '[5, 7] rows and every third column', [5, 7], (x) => slice(x, [[1, 4], { begin: 1, step: 3 }])),
  everyDType('slice', '[2, 3, 4] inner', [2, 3, 4], (x) => slice(x, [undefined, { step: 2 }, [-3, -1]])),
  everyDType('slice', '[4, 3] to nothing', [4, 3], (x) => slice(x, [[2, 2]])),
].flat()

const pads = [
  everyDType('pad', '[3]', [3], (x) => pad(x, [[1, 2]])),
  everyDType('pad', '[2, 3] with 1', [2, 3], (x) =>
    pad(
      x,
      [
        [0, 1],
        [2, 0],
      ],
      1,
    ),
  ),
  everyDType('pad', '[2, 0, 2]', [2, 0, 2], (x) =>
    pad(
      x,
      [
        [1, 0],
        [2, 1],
        [0, 0],
      ],
      1,
    ),
  ),
].flat()

const flips = [
  everyDType('flip', '[5]', [5], (x) => flip(x)),
  everyDType('flip', '[2, 3, 4] axes 0 and 2', [2, 3, 4], (x) => flip(x, [0, 2])),
  everyDType('flip', '[3, 0]', [3, 0], (x) => flip(x, 1)),
].flat()

const concats = [
  ...everyDType('concat', '[2, 3] with itself, axis 0', [2, 3], (x) => concat([x, x, x], 0)),
  one(
    'concat',
    'of three lengths, axis 1',
    () => [normal([2, 1, 3], 1), normal([2, 4, 3], 2), normal([2, 0, 3], 3)],
    (...parts) => concat(parts, 1),
  ),
  one(
    'concat',
    'of 20',
    () => Array.from({ length: 20 }, (_, i) => normal([3, i % 4], i + 1)),
    (...parts) => concat(parts),
    large,
  ),
]

const index = (shape: Shape, length: number, seed = 9): HostValues => integers(shape, 0, length, seed)

const gathers = (
  [
    [[5], [], 0],
    [[5], [7], 0],
    [[4, 3], [2, 3], 0],
    [[3, 4], [2, 3], 1],
    [[2, 5, 3], [4], 1],
    [[2, 5, 3], [0], 1],
  ] as const
).flatMap(([shape, indices, axis]) => [
  one(
    'gather',
    `[${shape}] by [${indices}] axis ${axis}`,
    () => [normal(shape), index(indices, shape[axis]!)],
    (x, ids) => gather(x, ids, axis),
    { tolerance: accumulated },
  ),
  one(
    'gather',
    `int32 [${shape}] by [${indices}] axis ${axis}`,
    () => [integers(shape, -9, 9), index(indices, shape[axis]!)],
    (x, ids) => gather(x, ids, axis),
  ),
])

const scatters = (
  [
    [[7], [7], 0, 4],
    [[], [], 0, 3],
    [[2, 3, 5], [2, 3], 0, 4],
    [[3, 2, 3], [2, 3], 1, 5],
    [[2, 4, 3], [4], 1, 3],
    [[0, 3], [0], 0, 2],
  ] as const
).map(([updates, indices, axis, size]) =>
  one(
    'scatterAdd',
    `[${updates}] by [${indices}] into ${size} at axis ${axis}`,
    () => [normal(updates), index(indices, size)],
    (x, ids) => scatterAdd(x, ids, { axis, size }),
    { tolerance: accumulated },
  ),
)

const takes = (
  [
    [[5], [3], 0],
    [[3, 4], [3, 2], 1],
    [[3, 4], [6, 4], 0],
    [[2, 5, 3], [2, 2, 3], 1],
  ] as const
).map(([shape, indices, axis]) =>
  one(
    'takeAlongAxis',
    `[${shape}] by [${indices}] axis ${axis}`,
    () => [normal(shape), index(indices, shape[axis]!)],
    (x, ids) => takeAlongAxis(x, ids, axis),
    { tolerance: accumulated },
  ),
)

const many: Tolerance = { relative: 1e-5, scaled: 1e-5 }

/** The target is used up: cases are handed new tensors each time. */
const rowUpdates: Case[] = (
  [
    ['float32', [2, 5, 3], 2, 1],
    ['float32', [1, 4, 2, 8], 1, 3],
    ['int32', [3, 4], 4, 0],
    ['bfloat16', [2, 3, 5], 1, 2],
    ['bool', [1, 6], 0, 6],
  ] as const
).map(([dtype, shape, count, at]) => ({
  operation: 'updateRows',
  name: `updateRows ${dtype} [${shape}]: ${count} at ${at}`,
  inputs: () => {
    const rows = shape.map((size, axis) => (axis === 1 ? count : size))
    if (dtype === 'int32') return [integers(shape, 0, 9), integers(rows, 10, 19)]
    if (dtype === 'bool') return [booleans(shape), booleans(rows)]
    return [stored(shape, dtype, 1), stored(rows, dtype, 2)]
  },
  compute: ([target, rows]) => updateRows(target!, rows!, at),
  tolerance: exact,
  differentiable: [],
}))

export const shapeCases: readonly Case[] = [
  ...rowUpdates,
  ...transposes,
  one(
    'transpose',
    '[67, 131]',
    () => [normal([67, 131])],
    (x) => transpose(x),
    large,
  ),
  one(
    'transpose',
    '[3, 33, 2, 17] attention order',
    () => [normal([3, 33, 2, 17])],
    (x) => transpose(x, [0, 2, 1, 3]),
    large,
  ),
  ...stretches,
  ...slices,
  ...pads,
  ...flips,
  ...concats,
  ...gathers,
  ...scatters,
  one(
    'scatterAdd',
    '2000 × 16 into 50',
    () => [normal([2000, 16]), index([2000], 50)],
    (x, ids) => scatterAdd(x, ids, { size: 50 }),
    { ...large, tolerance: many },
  ),
  one(
    'scatterAdd',
    'int32',
    () => [integers([9, 2], -9, 9), index([9], 4)],
    (x, ids) => scatterAdd(x, ids, { size: 4 }),
  ),
  ...takes,
  one(
    'oneHot',
    '[] of 4',
    () => [index([], 4)],
    (ids) => oneHot(ids, 4),
  ),
  one(
    'oneHot',
    '[2, 3] of 5 with indices outside',
    () => [hostValues([2, 3], [0, 4, -1, 5, 2, 1000000], 'int32')],
    (ids) => oneHot(ids, 5),
  ),
  one(
    'full',
    'float32',
    () => [normal([1])],
    ({ backend }) => [full([2, 3], -1.5, { backend }), full([], NaN, { backend }), full([0, 2], 1, { backend })],
    large,
  ),
  one(
    'full',
    'int32 and bool',
    () => [normal([1])],
    ({ backend }) => [full([3], -7, { dtype: 'int32', backend }), full([3], 1, { dtype: 'bool', backend })],
    large,
  ),
  one(
    'range',
    'int32',
    () => [normal([1])],
    ({ backend }) => [range(37, { backend }), range(5, { start: 10, step: -3, backend }), range(0, { backend })],
    large,
  ),
  one(
    'range',
    'float32',
    () => [normal([1])],
    ({ backend }) => range(37, { start: -1, step: 0.1, dtype: 'float32', backend }),
    { ...large, tolerance: { scaled: 1e-6 } },
  ),
]
