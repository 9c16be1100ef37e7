import type { Backend } from '../backend.js'
import type { DType } from '../dtype.js'
import {
  abs,
  adamwStep,
  add,
  argMax,
  argMin,
  attention,
  averagePool1d,
  averagePool2d,
  batchNorm,
  broadcastTo,
  cast,
  ceil,
  cholesky,
  concat,
  conv1d,
  conv2d,
  cos,
  cumulativeSum,
  divide,
  einsum,
  embedding,
  equal,
  erf,
  exp,
  expm1,
  flip,
  floor,
  gather,
  gelu,
  greater,
  greaterEqual,
  groupNorm,
  gru,
  gruLayers,
  identityMatrix,
  instanceNorm,
  isFinite,
  isNaN,
  layerNorm,
  less,
  lessEqual,
  linear,
  log,
  log1p,
  logSoftmax,
  logSumExp,
  lstm,
  lstmLayers,
  matmul,
  max,
  maxPool1d,
  maxPool2d,
  maximum,
  mean,
  meanSquaredError,
  min,
  minimum,
  modulo,
  multiply,
  negative,
  norm,
  notEqual,
  oneHot,
  ones,
  pad,
  power,
  prod,
  qr,
  reciprocal,
  recurrentLayers,
  relu,
  rmsNorm,
  rotary,
  round,
  rsqrt,
  scatterAdd,
  sgdStep,
  sigmoid,
  sign,
  silu,
  sin,
  slice,
  softmax,
  softmaxCrossEntropy,
  softplus,
  sort,
  sqrt,
  square,
  stopGradient,
  subtract,
  sum,
  sumOfSquares,
  svd,
  takeAlongAxis,
  tanh,
  tensor,
  topK,
  transpose,
  triangularSolve,
  variance,
  where,
  zeros,
  zerosLike,
  type ChannelStatistics,
  type RecurrentLayer,
} from '../operations/index.js'
import { vjp } from '../gradients.js'
import { dispose, scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { outputsOf, type Outputs } from './case.js'
import { expectClose, fail, type Tolerance } from './compare.js'
import type { Check } from './conformance.js'
import golden from './fixtures/operations.json' with { type: 'json' }
import { hostValues, type HostValues } from './host-values.js'

type Compute = (...inputs: Tensor[]) => Outputs

/** Three steps of AdamW or SGD with the given gradients. */
const adamw3: Compute = (start, ...gradients) => {
  let [parameter, first, second] = [start!, zerosLike(start!), zerosLike(start!)]
  gradients.forEach((gradient, i) => {
    const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: [0.1], step: i + 1 }
    const next = adamwStep(
      { parameters: [parameter], gradients: [gradient], firstMoments: [first], secondMoments: [second] },
      options,
    )
    ;[parameter, first, second] = [next.parameters[0]!, next.firstMoments[0]!, next.secondMoments[0]!]
  })
  return parameter
}
const sgd3 =
  (momentum: number, nesterov: boolean, decay: number): Compute =>
  (start, ...gradients) => {
    let [parameter, velocity] = [start!, zerosLike(start!)]
    for (const gradient of gradients) {
      const velocities = momentum === 0 ? [] : [velocity]
      const next = sgdStep(
        { parameters: [parameter], gradients: [gradient], velocities },
        { learningRate: 0.1, momentum, nesterov, weightDecay: [decay] },
      )
      ;[parameter, velocity] = [next.parameters[0]!, next.velocities[0] ?? velocity]
    }
    return parameter
  }

/** Statistics before the first batch. */
const standard = (x: Tensor): ChannelStatistics => {
  const channels = [x.shape[x.rank - 1]!]
  return { mean: zeros(channels, { backend: x.backend }), variance: ones(channels, { backend: x.backend }) }
}

/** The parameters in PyTorch's order, by PyTorch's names. */
function twoLayers(weights: readonly Tensor[]): RecurrentLayer[] {
  const kinds = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
  const names = ['l0', 'l0_reverse', 'l1', 'l1_reverse'].flatMap((layer) => kinds.map((kind) => `${kind}_${layer}`))
  return recurrentLayers(Object.fromEntries(names.map((name, i) => [`rnn.${name}`, weights[i]!])), 'rnn.')
}

/** What each case of the fixture is here. */
const computations: Readonly<Record<string, Compute>> = {
  negative,
  abs,
  sign,
  square,
  exp,
  expm1,
  log,
  log1p,
  sqrt,
  rsqrt,
  reciprocal,
  sin,
  cos,
  tanh,
  sigmoid,
  erf,
  floor,
  ceil,
  round,
  relu,
  silu,
  softplus,
  isNaN,
  isFinite,
  'gelu none': (x) => gelu(x),
  'gelu tanh': (x) => gelu(x, { approximate: 'tanh' }),
  add,
  subtract,
  multiply,
  divide,
  power,
  maximum,
  minimum,
  modulo,
  equal,
  notEqual,
  less,
  lessEqual,
  greater,
  greaterEqual,
  'power of zero and negative bases': (x) => power(x, tensor([2, 3, 0, 1], [4], { backend: x.backend })),
  where: (condition, a, b) => where(cast(condition, 'bool'), a, b),
  sum: (x) => sum(x, [0, 2]),
  mean: (x) => mean(x, 1),
  variance: (x) => variance(x, 1, { correction: 1 }),
  norm: (x) => norm(x, 1),
  prod: (x) => prod(x, 1),
  max: (x) => max(x, 1),
  min: (x) => min(x, 0),
  argMax: (x) => argMax(x, 1),
  argMin: (x) => argMin(x, 0),
  cumulativeSum: (x) => cumulativeSum(x, 1),
  logSumExp: (x) => logSumExp(x),
  sort: (x) => Object.values(sort(x, 1)),
  'sort descending': (x) => Object.values(sort(x, 1, { descending: true })),
  topK: (x) => Object.values(topK(x, 3)),
  transpose: (x) => transpose(x, [2, 0, 1]),
  broadcastTo: (x) => broadcastTo(x, [2, 3, 4]),
  slice: (x) => slice(x, [{ begin: 1, end: 4, step: 2 }, { begin: 1 }]),
  pad: (x) =>
    pad(
      x,
      [
        [0, 2],
        [1, 0],
      ],
      3,
    ),
  flip: (x) => flip(x, [0, 2]),
  concat: (...parts) => concat(parts, 1),
  gather: (x, indices) => gather(x, indices, 1),
  scatterAdd: (x, indices) => scatterAdd(x, indices, { size: 4 }),
  takeAlongAxis: (x, indices) => takeAlongAxis(x, indices, 1),
  oneHot: (indices) => oneHot(indices, 4),
  matmul: (a, b) => matmul(a, b),
  'matmul transposed': (a, b) => matmul(a, b, { transposeA: true, transposeB: true }),
  linear,
  einsum: (a, b) => einsum('bij,kj->bki', [a, b]),
  embedding,
  conv2d: (x, filter) => conv2d(x, filter, { strides: [2, 1], padding: 1 }),
  'conv2d grouped and dilated': (x, filter) => conv2d(x, filter, { groups: 2, dilations: [2, 1] }),
  conv1d: (x, filter) => conv1d(x, filter, { stride: 2, padding: 1 }),
  maxPool2d: (x) => maxPool2d(x, [2, 3], { strides: 2, padding: 1 }),
  averagePool2d: (x) => averagePool2d(x, 2, { strides: 2, padding: 1 }),
  softmax: (x) => softmax(x),
  logSoftmax: (x) => logSoftmax(x),
  layerNorm: (x, gain, bias) => layerNorm(x, gain, bias, { epsilon: 1e-5 }),
  rmsNorm: (x, gain) => rmsNorm(x, gain, { epsilon: 1e-6 }),
  attention: (query, key, value) => attention(query, key, value),
  'attention causal': (query, key, value) => attention(query, key, value, { causal: true }),
  'attention of three segments': (query, ...rest) =>
    attention(query, rest.slice(0, 3), rest.slice(3), { causal: true }),
  'attention biased': (query, key, value, bias) => attention(query, key, value, { bias }),
  rotary: (x) => rotary(x),
  'rotary interleaved': (x, positions) => rotary(x, { interleaved: true, base: 100, positions }),
  softmaxCrossEntropy: (logits, targets) => softmaxCrossEntropy(logits, targets),
  'softmaxCrossEntropy ignoring': (logits, targets) =>
    softmaxCrossEntropy(logits, targets, { ignoreIndex: 2, reduction: 'none' }),
  meanSquaredError,
  lstm: (x, inputWeight, hiddenWeight, inputBias, hiddenBias, hidden, cell) => {
    const result = lstm(
      x!,
      { inputWeight: inputWeight!, hiddenWeight: hiddenWeight!, inputBias, hiddenBias },
      { initial: { hidden: hidden!, cell: cell! } },
    )
    return [result.outputs, result.hidden, result.cell]
  },
  gru: (x, inputWeight, hiddenWeight, inputBias, hiddenBias, hidden) => {
    const result = gru(
      x!,
      { inputWeight: inputWeight!, hiddenWeight: hiddenWeight!, inputBias, hiddenBias },
      { initial: { hidden: hidden! } },
    )
    return [result.outputs, result.hidden]
  },
  'lstm of two layers, bidirectional': (x, ...weights) => {
    const { outputs, hidden, cell } = lstmLayers(x, twoLayers(weights))
    return [outputs, hidden, cell]
  },
  'gru of two layers, bidirectional': (x, ...weights) => {
    const { outputs, hidden } = gruLayers(x, twoLayers(weights))
    return [outputs, hidden]
  },
  groupNorm: (x, gain, bias) => groupNorm(x, 2, gain, bias),
  instanceNorm: (x) => instanceNorm(x),
  'batchNorm training': (x, gain, bias) => batchNorm(x, standard(x), gain, bias, { training: true }).y,
  'batchNorm inference': (x, mean, variance, gain, bias) =>
    batchNorm(x, { mean: stopGradient(mean!), variance: stopGradient(variance!) }, gain, bias).y,
  'batchNorm running': (x) => {
    const { running } = batchNorm(x, standard(x), undefined, undefined, { training: true })
    return [running.mean, running.variance]
  },
  maxPool1d: (x) => maxPool1d(x, 3, { stride: 2, padding: 1 }),
  averagePool1d: (x) => averagePool1d(x, 2),
  'conv2d with bias and relu': (x, filter, bias) => conv2d(x, filter, { padding: 1, bias, activation: 'relu' }),
  cholesky: (x) => cholesky(add(matmul(x, x, { transposeB: true }), identityMatrix(3, { backend: x.backend }))),
  triangularSolve: (a, b) => triangularSolve(add(a, multiply(identityMatrix(3, { backend: a.backend }), 3)), b),
  'triangularSolve upper, transposed': (a, b) =>
    triangularSolve(add(a, multiply(identityMatrix(3, { backend: a.backend }), 3)), b, {
      lower: false,
      transpose: true,
    }),
  qr: (x) => Object.values(qr(x)),
  svd: (x) => Object.values(svd(x)),
  sumOfSquares: (...inputs) => sumOfSquares(inputs),
  'adamw three steps': adamw3,
  'sgd three steps': sgd3(0, false, 0.01),
  'sgd momentum three steps': sgd3(0.9, false, 0.01),
  'sgd nesterov three steps': sgd3(0.9, true, 0),
}

const tolerance: Tolerance = { relative: 5e-6, scaled: 2e-6 }

interface Packed {
  readonly shape: readonly number[]
  readonly dtype: string
  readonly values: readonly (number | string)[]
}

interface GoldenCase {
  readonly name: string
  readonly inputs: readonly Packed[]
  readonly outputs: readonly Packed[]
  readonly cotangents?: readonly Packed[]
  readonly gradients?: readonly Packed[]
}

const unpack = ({ shape, dtype, values }: Packed): HostValues => hostValues(shape, values.map(Number), dtype as DType)

const upload = (packed: readonly Packed[], backend: Backend): Tensor[] =>
  packed.map(unpack).map(({ values, shape, dtype }) => tensor(values, shape, { dtype, backend }))

async function download(tensors: readonly Tensor[]): Promise<HostValues[]> {
  const results: HostValues[] = []
  for (const { shape, dtype, data } of tensors.map((x) => ({ shape: x.shape, dtype: x.dtype, data: x.data() }))) {
    results.push({ shape, dtype, values: await data })
  }
  dispose(tensors)
  return results
}

async function expectGolden(
  { name, inputs, outputs, cotangents, gradients }: GoldenCase,
  backend: Backend,
): Promise<void> {
  const compute = computations[name]
  if (compute === undefined) fail(`no computation is named ${name}`)
  const forward = scope(() => outputsOf(compute(...upload(inputs, backend))))
  expectClose(await download(forward), outputs.map(unpack), tolerance)
  if (cotangents === undefined || gradients === undefined) return
  const backward = scope(() => {
    const all = upload(inputs, backend)
    const places = all.flatMap(({ dtype }, i) => (dtype === 'float32' ? [i] : []))
    const call = (variables: readonly Tensor[]): readonly Tensor[] => {
      const arguments_ = [...all]
      places.forEach((place, i) => (arguments_[place] = variables[i]!))
      return outputsOf(compute(...arguments_)).filter(({ dtype }) => dtype === 'float32')
    }
    return vjp(
      call,
      places.map((place) => all[place]!),
    ).pullback(upload(cotangents, backend))
  })
  expectClose(await download(backward), gradients.map(unpack), tolerance)
}

/** Forward results and gradients of a small case of each operation against PyTorch's (tools/parity/tensor-core-operations.py). */
export function goldenChecks(backend: Backend): Check[] {
  return (golden.cases as readonly GoldenCase[]).map((goldenCase) => ({
    name: goldenCase.name,
    operation: undefined,
    run: () => expectGolden(goldenCase, backend),
  }))
}
