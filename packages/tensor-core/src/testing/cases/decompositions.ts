import type { Shape } from '../../backend.js'
import {
  add,
  cholesky,
  identityMatrix,
  matmul,
  multiply,
  orthonormalize,
  powerIteration,
  qr,
  svd,
  triangularSolve,
} from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case } from '../case.js'
import type { Tolerance } from '../compare.js'
import { hostValues, normal } from '../host-values.js'

/** Errors grow with the condition of the matrix. */
const conditioned: Tolerance = { relative: 1e-4, scaled: 2e-5 }
const isSmall = (...shapes: readonly Shape[]): boolean => shapes.every((shape) => shape.reduce((a, b) => a * b, 1) < 30)

/** x·xᵀ + 1, positive definite. */
const definite = (x: Tensor): Tensor =>
  add(matmul(x, x, { transposeB: true }), identityMatrix(x.shape[x.rank - 1]!, { backend: x.backend }))

const shapes: readonly Shape[] = [
  [1, 1],
  [3, 3],
  [2, 3, 3],
  [0, 0],
  [0, 3, 3],
  [5, 17, 17],
]

/** Well away from singular: the diagonal is large. */
const dominant = (x: Tensor): Tensor =>
  add(multiply(x, 0.3), multiply(identityMatrix(x.shape[x.rank - 1]!, { backend: x.backend }), 2))

export const decompositionCases: readonly Case[] = [
  ...shapes.map(
    (shape): Case => ({
      operation: 'cholesky',
      name: `cholesky [${shape}]`,
      inputs: () => [normal(shape)],
      compute: ([x]) => cholesky(definite(x!)),
      tolerance: conditioned,
      smooth: isSmall(shape),
    }),
  ),
  ...[true, false].flatMap((lower) =>
    [true, false].flatMap((transpose) =>
      (
        [
          [
            [3, 3],
            [3, 2],
          ],
          [
            [2, 3, 3],
            [2, 3, 1],
          ],
          [
            [0, 0],
            [0, 2],
          ],
          [
            [19, 19],
            [19, 33],
          ],
        ] as const
      ).map(
        ([a, b]): Case => ({
          operation: 'triangularSolve',
          name: `triangularSolve [${a}] [${b}] ${lower ? 'lower' : 'upper'}${transpose ? ' transposed' : ''}`,
          inputs: () => [normal(a, 1), normal(b, 2)],
          compute: ([matrix, right]) => triangularSolve(dominant(matrix!), right!, { lower, transpose }),
          tolerance: conditioned,
          smooth: isSmall(a, b),
        }),
      ),
    ),
  ),
  ...(
    [
      [1, 1],
      [3, 3],
      [5, 3],
      [2, 4, 2],
      [3, 0],
      [0, 3, 2],
      [2, 40, 19],
    ] as const
  ).map(
    (shape): Case => ({
      operation: 'qr',
      name: `qr [${shape}]`,
      inputs: () => [normal(shape, 3)],
      compute: ([x]) => Object.values(qr(x!)),
      tolerance: conditioned,
      smooth: isSmall(shape),
      // of one number the second derivative is 0, and rounding all that could be compared
      ...(shape[0] === 1 ? { twice: false } : {}),
    }),
  ),
  ...(
    [
      [2, 4],
      [3, 5, 9],
    ] as const
  ).map(
    (shape): Case => ({
      operation: 'qr',
      name: `qr, more columns than rows [${shape}]`,
      inputs: () => [normal(shape, 4)],
      compute: ([x]) => Object.values(qr(x!)),
      tolerance: conditioned,
      differentiable: [],
    }),
  ),
  ...(
    [
      [1, 1],
      [3, 3],
      [4, 3],
      [2, 5],
      [2, 4, 2],
      [3, 0],
      [0, 3, 2],
      [2, 9, 7],
    ] as const
  ).map(
    (shape): Case => ({
      operation: 'svd',
      name: `svd [${shape}]`,
      inputs: () => [normal(shape, 14)],
      compute: ([x]) => Object.values(svd(x!)),
      tolerance: { relative: 1e-3, scaled: 1e-4 },
      smooth: isSmall(shape),
      ...(shape[0] === 1 ? { twice: false } : {}),
    }),
  ),
  {
    operation: 'svd',
    name: 'svd of a matrix of rank one',
    inputs: () => [hostValues([3, 2], [1, 2, 2, 4, 3, 6])],
    compute: ([x]) => svd(x!).s,
    tolerance: { relative: 1e-5, scaled: 1e-5 },
    differentiable: [],
  },
  {
    operation: 'composition',
    name: 'orthonormalize',
    inputs: () => [normal([5, 2])],
    compute: ([x]) => orthonormalize(x!),
    tolerance: conditioned,
  },
  {
    operation: 'composition',
    name: 'powerIteration, three steps of a batch',
    inputs: () => [normal([2, 4, 3], 1), normal([2, 3, 2], 2)],
    compute: ([a, q]) => Object.values(powerIteration(a!, q!, 3)),
    tolerance: conditioned,
    smooth: false,
  },
]
