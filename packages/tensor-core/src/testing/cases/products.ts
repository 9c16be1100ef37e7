import type { Shape } from '../../backend.js'
import type { DType } from '../../dtype.js'
import { matmul } from '../../operations/index.js'
import type { Case } from '../case.js'
import { accumulated } from '../compare.js'
import { hostValues, normal, stored } from '../host-values.js'

interface Sizes {
  readonly rows: number
  readonly inner: number
  readonly columns: number
  readonly batchA?: Shape
  readonly batchB?: Shape
}

function product(
  { rows, inner, columns, batchA = [], batchB = [] }: Sizes,
  transposeA: boolean,
  transposeB: boolean,
  dtypes: readonly [DType, DType] = ['float32', 'float32'],
): Case {
  const a = [...batchA, ...(transposeA ? [inner, rows] : [rows, inner])]
  const b = [...batchB, ...(transposeB ? [columns, inner] : [inner, columns])]
  const small = rows * inner * columns < 1000
  const suffix = dtypes.every((dtype) => dtype === 'float32') ? '' : ` ${dtypes.join(' by ')}`
  return {
    operation: 'matmul',
    name: `matmul [${a}]${transposeA ? 'ᵀ' : ''} · [${b}]${transposeB ? 'ᵀ' : ''}${suffix}`,
    inputs: () => [stored(a, dtypes[0], 1), stored(b, dtypes[1], 2)],
    compute: ([left, right]) => matmul(left!, right!, { transposeA, transposeB }),
    tolerance: accumulated,
    smooth: small,
    twice: rows * inner * columns < 100000,
  }
}

const flags = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const))

const small: readonly Sizes[] = [
  { rows: 1, inner: 1, columns: 1 },
  { rows: 3, inner: 4, columns: 5 },
  { rows: 1, inner: 9, columns: 2 },
  { rows: 7, inner: 1, columns: 3 },
  { rows: 2, inner: 0, columns: 3 },
  { rows: 0, inner: 3, columns: 2 },
  { rows: 2, inner: 3, columns: 2, batchA: [3], batchB: [3] },
  { rows: 2, inner: 3, columns: 4, batchA: [2, 1], batchB: [3] },
  { rows: 3, inner: 2, columns: 2, batchA: [], batchB: [2, 2] },
  { rows: 1, inner: 3, columns: 2, batchA: [2, 3, 1], batchB: [1, 1, 2] },
  { rows: 2, inner: 2, columns: 2, batchA: [0], batchB: [1] },
]

const large: readonly Sizes[] = [
  { rows: 17, inner: 33, columns: 65 },
  { rows: 64, inner: 64, columns: 64 },
  { rows: 129, inner: 300, columns: 67 },
  { rows: 1, inner: 513, columns: 257 },
  { rows: 257, inner: 5, columns: 1 },
  { rows: 35, inner: 18, columns: 49, batchA: [3], batchB: [3] },
]

export const productCases: readonly Case[] = [
  ...small.flatMap((sizes) => flags.map(([a, b]) => product(sizes, a, b))),
  ...large.flatMap((sizes) => flags.map(([a, b]) => product(sizes, a, b))),
  { ...product({ rows: 34, inner: 1030, columns: 265 }, false, true), differentiable: [] },
  ...(['bfloat16', 'float16'] as const).flatMap((dtype) => [
    ...flags.map(([a, b]) => product({ rows: 5, inner: 7, columns: 3 }, a, b, ['float32', dtype])),
    product({ rows: 33, inner: 130, columns: 70 }, false, true, ['float32', dtype]),
    product({ rows: 5, inner: 7, columns: 3 }, false, false, [dtype, 'float32']),
    product({ rows: 5, inner: 7, columns: 3, batchA: [2], batchB: [1] }, true, false, [dtype, dtype]),
  ]),
  {
    operation: 'matmul',
    name: 'matmul of NaN and ∞',
    inputs: () => [hostValues([2, 2], [0, 1, NaN, 0]), hostValues([2, 2], [Infinity, 1, 2, 3])],
    compute: ([a, b]) => matmul(a!, b!),
    differentiable: [],
  },
  {
    operation: 'matmul',
    name: 'matmul of vectors',
    inputs: () => [normal([5], 1), normal([3, 5, 4], 2), normal([4], 3)],
    compute: ([a, b, c]) => matmul(matmul(a!, b!), c!),
  },
]
