import type { Shape } from '../../backend.js'
import {
  conv1d,
  divide,
  einsum,
  expandDimensions,
  logSumExp,
  mean,
  meanSquaredError,
  multiply,
  norm,
  reshape,
  segmentSum,
  silu,
  softplus,
  split,
  squeeze,
  stack,
  subtract,
  sum,
  tile,
  unstack,
  variance,
} from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case, Outputs } from '../case.js'
import { hostValues, integers, normal, type HostValues } from '../host-values.js'

function composed(
  name: string,
  inputs: readonly (Shape | HostValues)[],
  compute: (...inputs: Tensor[]) => Outputs,
  rest: Partial<Case> = {},
): Case {
  return {
    operation: 'composition',
    name,
    inputs: () => inputs.map((input, i) => ('dtype' in input ? input : normal(input, i + 1))),
    compute: (tensors) => compute(...tensors),
    tolerance: { relative: 2e-5, scaled: 5e-6 },
    ...rest,
  }
}

/** What the public API makes of several operations. */
export const compositionCases: readonly Case[] = [
  composed('silu', [[2, 7]], (x) => silu(x)),
  composed('softplus', [[2, 7]], (x) => softplus(x)),
  composed('softplus at 0', [hostValues([3], [0, -0, 0])], (x) => softplus(x)),
  composed('logSumExp', [[3, 5]], (x) => logSumExp(x)),
  composed(
    'logSumExp kept, with a hidden row',
    [hostValues([2, 3], [-Infinity, -Infinity, -Infinity, 1, -Infinity, 2])],
    (x) => logSumExp(x, { keepDimensions: true }),
    { smooth: false },
  ),
  composed('mean over the first and last axis', [[2, 3, 4]], (x) => mean(x, [0, -1])),
  composed('mean of all', [[2, 3]], (x) => mean(x)),
  composed('variance, corrected, kept', [[3, 5]], (x) => variance(x, 1, { correction: 1, keepDimensions: true })),
  composed('norm', [[3, 5]], (x) => norm(x, 1)),
  composed('tile', [[2, 3]], (x) => tile(x, [2, 3])),
  composed('split into unequal parts and use two', [[2, 6]], (x) => {
    const [a, , c] = split(x, [2, 1, 3])
    return [multiply(a!, 2), c!]
  }),
  composed(
    'stack and unstack',
    [
      [2, 3],
      [2, 3],
    ],
    (a, b) => unstack(stack([a, b], 1), 2),
  ),
  composed('reshape, expand, squeeze', [[2, 6]], (x) => squeeze(expandDimensions(reshape(x, [3, -1]), 1), 1)),
  composed(
    'einsum bij,bjk->bik',
    [
      [2, 3, 4],
      [2, 4, 2],
    ],
    (a, b) => einsum('bij,bjk->bik', [a, b]),
  ),
  composed(
    'einsum of three, one axis summed out',
    [
      [2, 3],
      [3, 4],
      [4, 5],
    ],
    (a, b, c) => einsum('ij,jk,kl->il', [a, b, c]),
  ),
  composed('einsum inner product', [[5], [5]], (a, b) => einsum('i,i->', [a, b])),
  composed('einsum outer product with a lone axis', [[3, 2], [4]], (a, b) => einsum('ij,k->ki', [a, b])),
  composed('einsum transpose', [[2, 3, 4]], (x) => einsum('ijk->kij', [x])),
  composed(
    'einsum without an arrow',
    [
      [2, 3],
      [3, 4],
    ],
    (a, b) => einsum('ij,jk', [a, b]),
  ),
  composed(
    'conv1d, same',
    [
      [2, 5, 2],
      [3, 2, 3],
    ],
    (x, filter) => conv1d(x, filter, { padding: 'same' }),
  ),
  composed(
    'meanSquaredError',
    [
      [3, 2],
      [3, 2],
    ],
    (prediction, target) => meanSquaredError(prediction, target),
  ),
  composed('segmentSum', [[5, 2], integers([5], 0, 3)], (x, segments) => segmentSum(x, segments, 3)),
  composed('one tensor used along many paths', [[3, 3]], (x) => {
    const centred = subtract(x, mean(x, 0, { keepDimensions: true }))
    return divide(sum(multiply(centred, x)), sum(multiply(x, x)))
  }),
  composed('an input that nothing depends on', [[2], [3]], (x) => multiply(x, 3)),
]
