import type { KeyWords, PrimitiveName, Shape } from '../../backend.js'
import { dropout, randomBits, randomNormal, randomUniform } from '../../operations/index.js'
import type { Case } from '../case.js'
import { exact } from '../compare.js'
import { normal } from '../host-values.js'

const keys: readonly KeyWords[] = [
  [0, 0],
  [1, 2],
  [0xffffffff, 0x80000000],
]
const shapes: readonly Shape[] = [[], [0], [1], [2], [3, 5], [8], [1001]]

function draws(operation: PrimitiveName, draw: typeof randomBits): Case[] {
  return keys.flatMap((words) =>
    shapes.map(
      (shape): Case => ({
        operation,
        name: `${operation} [${shape}] from key ${words}`,
        inputs: () => [normal([1])],
        compute: ([x]) => draw({ words }, shape, { backend: x!.backend }),
        tolerance: exact,
        differentiable: [],
      }),
    ),
  )
}

/** Numbers drawn from a key are the same bits on every engine. */
export const randomCases: readonly Case[] = [
  ...draws('randomBits', randomBits),
  ...draws('randomUniform', randomUniform),
  ...draws('randomNormal', randomNormal),
  {
    operation: 'randomNormal',
    name: 'randomNormal [40000], tails included',
    inputs: () => [normal([1])],
    compute: ([x]) => randomNormal({ words: [5, 6] }, [40000], { backend: x!.backend }),
    tolerance: exact,
    differentiable: [],
  },
  ...(
    [
      [[2, 3], 0.5],
      [[37], 0.1],
      [[0], 0.5],
      [[3, 1001], 0.25],
    ] as const
  ).map(
    ([shape, rate]): Case => ({
      operation: 'dropout',
      name: `dropout ${rate} of [${shape}]`,
      inputs: () => [normal(shape)],
      compute: ([x]) => dropout(x!, rate, { words: [3, 4] }),
      tolerance: { relative: 1e-6 },
      ...(shape.includes(1001 as never) ? { smooth: false } : {}),
    }),
  ),
]
