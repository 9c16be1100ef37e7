import type { OperationName, Shape } from '../../backend.js'
import {
  adamwStep,
  add,
  attention,
  conv2d,
  dropout,
  embedding,
  exp,
  gather,
  gelu,
  layerNorm,
  linear,
  logSoftmax,
  max,
  maxPool2d,
  multiply,
  randomBits,
  rmsNorm,
  rotary,
  scatterAdd,
  softmax,
  softmaxCrossEntropy,
  sort,
  sum,
  sumOfSquares,
  tanh,
  topK,
  transpose,
  where,
} from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case, Outputs } from '../case.js'
import { exact, type Tolerance } from '../compare.js'
import { booleans, integers, normal, uniform, type HostValues } from '../host-values.js'

const summed: Tolerance = { relative: 2e-5, scaled: 5e-6 }

function large(
  operation: OperationName,
  detail: string,
  inputs: readonly (Shape | HostValues | (() => HostValues))[],
  compute: (...inputs: Tensor[]) => Outputs,
  tolerance: Tolerance = summed,
  rest: Partial<Case> = {},
): Case {
  const input = (source: Shape | HostValues | (() => HostValues), i: number): HostValues =>
    typeof source === 'function' ? source() : 'dtype' in source ? source : normal(source, i + 1)
  return {
    operation,
    name: `${operation}, large: ${detail}`,
    inputs: () => inputs.map(input),
    compute: (tensors) => compute(...tensors),
    tolerance,
    smooth: false,
    ...rest,
  }
}

const wide: Shape = [130, 257]
const forwardOnly = { differentiable: [] }

/** Enough work for every engine to share it out among its threads, with sizes that no block divides. */
export const largeCases: readonly Case[] = [
  large('exp', '130 × 257', [wide], (x) => exp(x), { relative: 1e-6 }),
  large('tanh', '130 × 257', [wide], (x) => tanh(x), { relative: 1e-6, scaled: 3e-7 }),
  large('gelu', '130 × 257', [wide], (x) => gelu(x), { relative: 1e-5, scaled: 3e-7 }),
  large('add', 'a row to 130 × 257', [wide, [257]], (a, b) => add(a, b)),
  large('multiply', 'a column with 130 × 257', [wide, [130, 1]], (a, b) => multiply(a, b)),
  large('where', '130 × 257', [() => booleans(wide), wide, wide], (test, a, b) => where(test, a, b), exact),
  large('sum', '130 × 257 over rows', [wide], (x) => sum(x, 0)),
  large('sum', '130 × 257 over columns', [wide], (x) => sum(x, 1)),
  large('max', '130 × 257 over rows', [wide], (x) => max(x, 0), exact),
  large('sort', '50 × 1001', [[50, 1001]], (x) => Object.values(sort(x, 1)), exact, forwardOnly),
  large('topK', '5 of 100 × 700', [[100, 700]], (x) => Object.values(topK(x, 5)), exact, forwardOnly),
  large('transpose', '130 × 257', [wide], (x) => transpose(x), exact),
  large('gather', '3000 rows of 1000 × 33', [[1000, 33], () => integers([3000], 0, 1000)], (x, ids) => gather(x, ids)),
  large(
    'scatterAdd',
    '3000 rows of 33 into 40',
    [[3000, 33], () => integers([3000], 0, 40)],
    (x, ids) => scatterAdd(x, ids, { size: 40 }),
    { relative: 1e-4, scaled: 1e-5 },
  ),
  large(
    'randomBits',
    '200 001',
    [[1]],
    ({ backend }) => randomBits({ words: [7, 8] }, [200001], { backend }),
    exact,
    forwardOnly,
  ),
  large('dropout', '130 × 257', [wide], (x) => dropout(x, 0.3, { words: [1, 2] }), { relative: 1e-6 }),
  large('linear', '[2, 100, 96] to 203', [[2, 100, 96], [203, 96], [203]], (x, w, b) => linear(x, w, b)),
  large(
    'conv2d',
    '[2, 19, 21, 8] by 3 × 3 to 19',
    [
      [2, 19, 21, 8],
      [3, 3, 8, 19],
    ],
    (x, f) => conv2d(x, f, { padding: 'same' }),
    { relative: 1e-4, scaled: 1e-5 },
  ),
  large('maxPool2d', '[2, 64, 62, 9]', [[2, 64, 62, 9]], (x) => maxPool2d(x, 2), exact),
  large('softmax', '60 × 701', [[60, 701]], (x) => softmax(x)),
  large('logSoftmax', '60 × 701', [[60, 701]], (x) => logSoftmax(x)),
  large('layerNorm', '130 × 257', [wide, [257], [257]], (x, gain, bias) => layerNorm(x, gain, bias)),
  large('rmsNorm', '130 × 257', [wide, [257]], (x, gain) => rmsNorm(x, gain)),
  large('rotary', '[2, 100, 4, 34]', [[2, 100, 4, 34]], (x) => rotary(x), { relative: 1e-5, scaled: 2e-6 }),
  large('softmaxCrossEntropy', '60 × 701', [[60, 701], () => integers([60], 0, 701)], (x, targets) =>
    softmaxCrossEntropy(x, targets),
  ),
  large('embedding', '1000 of 500 × 65', [[500, 65], () => integers([20, 50], 0, 500)], (table, ids) =>
    embedding(table, ids),
  ),
  large(
    'attention',
    'causal, two segments, grouped',
    [
      [2, 100, 4, 32],
      [2, 100, 2, 32],
      [2, 100, 2, 32],
      [2, 100, 2, 32],
      [2, 100, 2, 32],
    ],
    (q, a, b, c, d) => attention(q, [a, b], [c, d], { causal: true }),
  ),
  large('sumOfSquares', '100 003 and 60 000', [[100003], [300, 200]], (...inputs) => sumOfSquares(inputs)),
  large(
    'adamw',
    '33 410 parameters',
    [wide, wide, wide, () => uniform(wide, 0, 1)],
    (p, g, m, v) => {
      const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: [0.1], step: 3 }
      const next = adamwStep({ parameters: [p], gradients: [g], firstMoments: [m], secondMoments: [v] }, options)
      return [...next.parameters, ...next.firstMoments, ...next.secondMoments]
    },
    { relative: 3e-6, scaled: 1e-6 },
    forwardOnly,
  ),
]
