import type { Shape } from '../../backend.js'
import type { DType } from '../../dtype.js'
import {
  embedding,
  gelu,
  layerNorm,
  linear,
  linears as several,
  logSoftmax,
  rmsNorm,
  rotary,
  softmax,
  softmaxCrossEntropy,
  type RotaryOptions,
} from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case } from '../case.js'
import { accumulated, type Tolerance } from '../compare.js'
import { hostValues, integers, normal, stored, uniform, type HostValues } from '../host-values.js'

const sizeOf = (shape: Shape): number => shape.reduce((product, length) => product * length, 1)
/** Differences are taken of small inputs only. */
const smallOnly = (...shapes: readonly Shape[]): { smooth: boolean } => ({
  smooth: shapes.every((shape) => sizeOf(shape) < 200),
})

const smoothed: Tolerance = { relative: 3e-6, scaled: 1e-6 }

const gelus: Case[] = (['none', 'tanh'] as const).flatMap((approximate) =>
  ([[], [0], [7], [2, 3, 5], [1025]] as const).map(
    (shape): Case => ({
      operation: 'gelu',
      name: `gelu ${approximate} [${shape}]`,
      inputs: () => [uniform(shape, -5, 5)],
      compute: ([x]) => gelu(x!, { approximate }),
      tolerance: { relative: 1e-5, scaled: 3e-7 },
      // 1 − tanh² near tanh = 1: one unit of tanh's last place is a thousandth of it
      ...(approximate === 'tanh' ? { secondTolerance: { relative: 2e-4, scaled: 2e-4 } } : {}),
      ...smallOnly(shape),
    }),
  ),
)

const softmaxes: Case[] = (
  [
    ['softmax', softmax],
    ['logSoftmax', logSoftmax],
  ] as const
).flatMap(([operation, f]) => [
  ...([[1], [7], [3, 5], [2, 3, 17], [0, 4], [9, 130], [2, 1001]] as const).map(
    (shape): Case => ({
      operation,
      name: `${operation} [${shape}]`,
      inputs: () => [normal(shape, 1, 2)],
      compute: ([x]) => f(x!),
      tolerance: smoothed,
      ...smallOnly(shape),
    }),
  ),
  {
    operation,
    name: `${operation} axis 0`,
    inputs: () => [normal([5, 3])],
    compute: ([x]) => f(x!, 0),
    tolerance: smoothed,
  },
  {
    operation,
    name: `${operation} of large and hidden values`,
    inputs: () => [hostValues([3, 3], [1000, 1001, 999, -Infinity, 0, 1, -1e38, 1e38, 0])],
    compute: ([x]) => f(x!),
    tolerance: smoothed,
    differentiable: [],
  },
])

const severalLinears: Case[] = (
  [
    [
      [2, 3],
      [4, 1, 5],
      [true, false, true],
    ],
    [
      [1, 1, 40],
      [33, 33, 70],
      [true, true, true],
    ],
    [
      [3, 64],
      [200, 16],
      [false, false],
    ],
    [
      [5, 7, 20],
      [9, 30],
      [false, true],
    ],
    [
      [0, 4],
      [2, 3],
      [true, false],
    ],
  ] as const
).map(
  ([x, outers, hasBias]): Case => ({
    operation: 'linears',
    name: `linears [${x}] to ${outers.join(', ')}`,
    inputs: () => [
      normal(x, 1),
      ...outers.map((outer, i) => normal([outer, x.at(-1)!], 2 + i)),
      ...outers.flatMap((outer, i) => (hasBias[i] ? [normal([outer], 20 + i)] : [])),
    ],
    compute: ([input, ...rest]) => {
      const biases = rest.slice(outers.length)
      return several(
        input!,
        rest.slice(0, outers.length),
        outers.map((_, i) => (hasBias[i] ? biases.shift() : undefined)),
      )
    },
    tolerance: accumulated,
    ...smallOnly([...x, outers.length]),
  }),
)

const storedLinears: Case[] = (['bfloat16', 'float16'] as const).map((dtype) => ({
  operation: 'linears',
  name: `linears of ${dtype} weights`,
  inputs: () => [normal([2, 37], 1), stored([20, 37], dtype, 2), stored([9, 37], 'float32', 3)],
  compute: ([x, a, b]) => several(x!, [a!, b!]),
  tolerance: accumulated,
  differentiable: [0],
}))

const linears: Case[] = (
  [
    [[3], 4],
    [[2, 5], 3],
    [[2, 3, 4], 1],
    [[1, 1], 1],
    [[0, 4], 3],
    [[17, 33], 65],
    [[2, 9, 130], 67],
  ] as const
).flatMap(([x, outer]) =>
  [false, true].map((hasBias): Case => {
    const weight = [outer, x.at(-1)!]
    return {
      operation: 'linear',
      name: `linear [${x}] to ${outer}${hasBias ? ' with bias' : ''}`,
      inputs: () => [normal(x, 1), normal(weight, 2), ...(hasBias ? [normal([outer], 3)] : [])],
      compute: ([input, w, b]) => linear(input!, w!, b),
      tolerance: accumulated,
      ...smallOnly(x, weight),
    }
  }),
)

const halfPrecision: Case[] = (['bfloat16', 'float16'] as const).flatMap((dtype: DType): Case[] => [
  {
    operation: 'linear',
    name: `linear with a ${dtype} weight`,
    inputs: () => [normal([5, 33], 1), stored([19, 33], dtype, 2), normal([19], 3)],
    compute: ([x, w, b]) => linear(x!, w!, b),
    smooth: false,
  },
  {
    operation: 'embedding',
    name: `embedding of a ${dtype} table`,
    inputs: () => [stored([7, 5], dtype, 1), integers([2, 3], 0, 7)],
    compute: ([table, ids]) => embedding(table!, ids!),
    tolerance: { exact: true },
  },
])

const embeddings: Case[] = (
  [
    [[5, 3], []],
    [[5, 3], [4]],
    [
      [9, 17],
      [3, 5],
    ],
    [[4, 2], [0]],
    [
      [50, 33],
      [7, 40],
    ],
  ] as const
).map(([table, ids]) => ({
  operation: 'embedding',
  name: `embedding [${table}] by [${ids}]`,
  inputs: () => [normal(table), integers(ids, 0, table[0])],
  compute: ([rows, indices]) => embedding(rows!, indices!),
  ...smallOnly(table),
}))

const norms: Case[] = ([[1], [8], [3, 5], [2, 3, 17], [0, 4], [5, 129], [33, 64]] as const).flatMap((shape): Case[] => {
  const width = [shape.at(-1)!]
  const tolerance: Tolerance = { relative: 1e-5, scaled: 5e-6 }
  const smooth = { smooth: sizeOf(shape) < 200 && width[0]! > 1 }
  return [
    {
      operation: 'layerNorm',
      name: `layerNorm [${shape}]`,
      inputs: () => [normal(shape, 1), normal(width, 2)],
      compute: ([x, gain]) => layerNorm(x!, gain!, undefined, { epsilon: 0.01 }),
      tolerance,
      ...smooth,
    },
    {
      operation: 'layerNorm',
      name: `layerNorm [${shape}] with bias`,
      inputs: () => [normal(shape, 1), normal(width, 2), normal(width, 3)],
      compute: ([x, gain, bias]) => layerNorm(x!, gain!, bias),
      tolerance,
      ...smooth,
    },
    {
      operation: 'rmsNorm',
      name: `rmsNorm [${shape}]`,
      inputs: () => [normal(shape, 1), normal(width, 2)],
      compute: ([x, gain]) => rmsNorm(x!, gain!),
      tolerance,
      ...smooth,
    },
  ]
})

const far: Case = {
  operation: 'layerNorm',
  name: 'layerNorm far from zero',
  inputs: () => [
    { ...normal([4, 48]), values: normal([4, 48]).values.map((value) => 1000 + value) as Float32Array },
    hostValues([48], new Float32Array(48).fill(1)),
  ],
  compute: ([x, gain]) => layerNorm(x!, gain!),
  tolerance: { relative: 1e-3, scaled: 3e-4 },
  differentiable: [],
}

const turn = (detail: string, shape: Shape, options: RotaryOptions, positions?: () => HostValues): Case => ({
  operation: 'rotary',
  name: `rotary [${shape}] ${detail}`,
  inputs: () => [normal(shape), ...(positions === undefined ? [] : [positions()])],
  compute: ([x, places]: readonly Tensor[]) =>
    rotary(x!, places === undefined ? options : { ...options, positions: places }),
  tolerance: { relative: 1e-5, scaled: 2e-6 },
  ...smallOnly(shape),
})

const rotaries: Case[] = [false, true].flatMap((interleaved) => {
  const kind = interleaved ? 'interleaved' : 'halves'
  return [
    turn(kind, [1, 1, 1, 2], { interleaved }),
    turn(kind, [2, 3, 2, 6], { interleaved }),
    turn(`${kind}, offset 100, base 500`, [1, 5, 2, 4], { interleaved, offset: 100, base: 500 }),
    turn(`${kind}, positions`, [2, 4, 1, 8], { interleaved }, () => integers([2, 4], 0, 2000)),
    turn(kind, [2, 33, 3, 18], { interleaved }),
    turn(kind, [0, 3, 2, 4], { interleaved }),
  ]
})

const crossEntropies: Case[] = (
  [
    [1, 2],
    [5, 3],
    [4, 17],
    [0, 5],
    [9, 1003],
  ] as const
).flatMap(([rows, classes]): Case[] =>
  (['none', 'mean', 'sum'] as const).map((reduction) => ({
    operation: 'softmaxCrossEntropy',
    name: `softmaxCrossEntropy [${rows}, ${classes}] ${reduction}`,
    inputs: () => [normal([rows, classes], 1, 2), integers([rows], 0, classes)],
    compute: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!, { reduction }),
    tolerance: smoothed,
    ...smallOnly([rows, classes]),
  })),
)

const ignoring: Case[] = [
  {
    operation: 'softmaxCrossEntropy',
    name: 'softmaxCrossEntropy with ignored targets',
    inputs: () => [normal([4, 5]), hostValues([4], [1, -100, 4, -100], 'int32')],
    compute: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!),
  },
  {
    operation: 'softmaxCrossEntropy',
    name: 'softmaxCrossEntropy with ignoreIndex 0',
    inputs: () => [normal([2, 3, 5]), hostValues([2, 3], [0, 1, 2, 3, 0, 4], 'int32')],
    compute: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!, { ignoreIndex: 0, reduction: 'none' }),
  },
  {
    operation: 'softmaxCrossEntropy',
    name: 'softmaxCrossEntropy with all targets ignored',
    inputs: () => [normal([2, 3]), hostValues([2], [-100, -100], 'int32')],
    compute: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!),
  },
  {
    operation: 'softmaxCrossEntropy',
    name: 'softmaxCrossEntropy with hidden classes and large logits',
    inputs: () => [hostValues([2, 3], [-Infinity, 1, 2, 1000, -1000, 990]), hostValues([2], [1, 2], 'int32')],
    compute: ([logits, targets]) => softmaxCrossEntropy(logits!, targets!, { reduction: 'none' }),
    smooth: false,
    twice: false,
  },
]

export const networkCases: readonly Case[] = [
  ...gelus,
  ...softmaxes,
  ...linears,
  ...severalLinears,
  ...storedLinears,
  ...halfPrecision,
  ...embeddings,
  ...norms,
  far,
  ...rotaries,
  ...crossEntropies,
  ...ignoring,
]
