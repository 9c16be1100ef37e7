export { gelu, logSoftmax, logSumExp, softmax } from './activation.js'
export { attention, type AttentionOptions } from './attention.js'
export { add, divide, maximum, minimum, modulo, multiply, power, subtract, type TensorLike } from './binary.js'
export {
  equal,
  greater,
  greaterEqual,
  isFinite,
  isNaN,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
  where,
} from './comparison.js'
export {
  batchNorm,
  groupNorm,
  instanceNorm,
  type BatchNormOptions,
  type BatchNormResult,
  type ChannelStatistics,
} from './channel-normalization.js'
export {
  averagePool1d,
  averagePool2d,
  conv1d,
  conv2d,
  maxPool1d,
  maxPool2d,
  type Conv1dOptions,
  type Conv2dOptions,
  type Padding,
  type Pool1dOptions,
  type PoolOptions,
} from './convolution.js'
export {
  full,
  identityMatrix,
  ones,
  onesLike,
  randomBits,
  randomNormal,
  randomUniform,
  range,
  tensor,
  zeros,
  zerosLike,
  type CreationOptions,
  type NestedNumbers,
} from './creation.js'
export {
  cholesky,
  orthonormalize,
  powerIteration,
  qr,
  triangularSolve,
  type TriangularSolveOptions,
} from './decompositions.js'
export { dropout } from './dropout.js'
export { einsum } from './einsum.js'
export { gather, oneHot, scatterAdd, segmentMax, segmentMean, segmentSum, takeAlongAxis } from './indexing.js'
export { embedding, linear, linears } from './linear.js'
export { meanSquaredError, softmaxCrossEntropy, type CrossEntropyOptions } from './loss.js'
export { matmul, type MatmulOptions } from './matmul.js'
export { layerNorm, rmsNorm } from './normalization.js'
export {
  adamwStep,
  sgdStep,
  sumOfSquares,
  type AdamwStep,
  type AdamwStepOptions,
  type SgdStep,
  type SgdStepOptions,
} from './optimizer-steps.js'
export { gruLayers, lstmLayers, recurrentLayers, type LayersInitial, type RecurrentLayer } from './recurrent-layers.js'
export {
  gru,
  lstm,
  type GruOptions,
  type GruResult,
  type LstmOptions,
  type LstmResult,
  type RecurrentWeights,
} from './recurrent.js'
export {
  all,
  any,
  argMax,
  argMin,
  cumulativeSum,
  max,
  mean,
  min,
  norm,
  prod,
  sort,
  sum,
  topK,
  variance,
  type Axes,
  type CumulativeOptions,
  type ReductionOptions,
} from './reduction.js'
export { rotary, type RotaryOptions } from './rotary.js'
export {
  broadcastTo,
  concat,
  expandDimensions,
  flip,
  pad,
  reshape,
  slice,
  split,
  squeeze,
  stack,
  tile,
  transpose,
  unstack,
  type SliceRange,
} from './shaping.js'
export { svd } from './singular-values.js'
export { stopGradient } from './stop-gradient.js'
export {
  abs,
  cast,
  ceil,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  negative,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
} from './unary.js'
export { updateRows } from './update-rows.js'
