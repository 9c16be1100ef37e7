import type { Shape, Spec } from '../../backend.js'
import type { DataArray, DType } from '../../dtype.js'

/** A tensor in the engine's memory. */
export interface DeviceTensor {
  readonly shape: Shape
  readonly dtype: DType
}

export type UnaryOperator =
  | 'Neg'
  | 'Abs'
  | 'Sign'
  | 'Square'
  | 'Exp'
  | 'Expm1'
  | 'Log'
  | 'Log1p'
  | 'Sqrt'
  | 'Rsqrt'
  | 'Reciprocal'
  | 'Sin'
  | 'Cos'
  | 'Tanh'
  | 'Sigmoid'
  | 'Erf'
  | 'Floor'
  | 'Ceil'
  | 'Round'
  | 'Relu'
  | 'IsNan'
  | 'IsFinite'
  | 'LogicalNot'

export type BinaryOperator =
  | 'Add'
  | 'Sub'
  | 'Multiply'
  | 'RealDiv'
  | 'Pow'
  | 'Maximum'
  | 'Minimum'
  | 'Mod'
  | 'Equal'
  | 'NotEqual'
  | 'Less'
  | 'LessEqual'
  | 'Greater'
  | 'GreaterEqual'
  | 'LogicalAnd'
  | 'LogicalOr'

export interface ConvolutionGeometry {
  readonly strides: readonly [number, number]
  readonly padding: readonly [top: number, bottom: number, left: number, right: number]
}

/** Windows that lie inside the image: pad before. */
export interface PoolingGeometry {
  readonly window: readonly [number, number]
  readonly strides: readonly [number, number]
}

/**
 * TensorFlow's vocabulary, by the names of tfjs's kernels: what the kernels of this adapter are written in. There are
 * two speakers: tfjs-node's addon, and the registered kernels of any other tfjs backend. Every result is a new tensor
 * that the caller owns and that is noted in the list given when the operators were made, but those of `scalar`, which
 * belong to the operators.
 */
export interface Operators {
  /** The dtypes that the engine's memory holds; the others stay on the host. */
  readonly stores: readonly DType[]
  create(values: DataArray, spec: Spec): DeviceTensor
  read(x: DeviceTensor): DataArray
  readAsync?(x: DeviceTensor): Promise<DataArray>
  release(x: DeviceTensor): void
  /** Releases the kept constants. */
  dispose(): void
  /** The same values under another shape; shares memory. */
  reshape(x: DeviceTensor, shape: Shape): DeviceTensor
  /** A kept float32 scalar. */
  scalar(value: number): DeviceTensor
  unary(name: UnaryOperator, x: DeviceTensor): DeviceTensor
  binary(name: BinaryOperator, a: DeviceTensor, b: DeviceTensor): DeviceTensor
  select(condition: DeviceTensor, a: DeviceTensor, b: DeviceTensor): DeviceTensor
  cast(x: DeviceTensor, dtype: DType): DeviceTensor
  fill(shape: Shape, value: number): DeviceTensor
  reduce(
    name: 'Sum' | 'Prod' | 'Max' | 'Min' | 'Any' | 'All',
    x: DeviceTensor,
    axes: readonly number[],
    keepDimensions: boolean,
  ): DeviceTensor
  position(name: 'ArgMax' | 'ArgMin', x: DeviceTensor, axis: number): DeviceTensor
  cumulativeSum(x: DeviceTensor, axis: number, exclusive: boolean, reverse: boolean): DeviceTensor
  /** The k largest of the last axis, largest first. */
  topK(x: DeviceTensor, k: number): readonly [values: DeviceTensor, indices: DeviceTensor]
  transpose(x: DeviceTensor, permutation: readonly number[]): DeviceTensor
  broadcast(x: DeviceTensor, shape: Shape): DeviceTensor
  slice(x: DeviceTensor, begin: readonly number[], strides: readonly number[], size: Shape): DeviceTensor
  /** Zeros of `shape` with g where a slice would have read. */
  sliceGradient(g: DeviceTensor, begin: readonly number[], strides: readonly number[], shape: Shape): DeviceTensor
  pad(x: DeviceTensor, before: readonly number[], after: readonly number[], value: number): DeviceTensor
  reverse(x: DeviceTensor, axes: readonly number[]): DeviceTensor
  concat(parts: readonly DeviceTensor[], axis: number): DeviceTensor
  /** Leading `batchAxes` of x and indices are walked together. */
  gather(x: DeviceTensor, indices: DeviceTensor, axis: number, batchAxes: number): DeviceTensor
  /** updates [n, m] added into zeros [rows, m] at the row numbers [n]. */
  scatterAdd(updates: DeviceTensor, indices: DeviceTensor, rows: number): DeviceTensor
  /** float32, an index outside is a row of zeros. */
  oneHot(indices: DeviceTensor, depth: number): DeviceTensor
  matmul(a: DeviceTensor, b: DeviceTensor, transposeA: boolean, transposeB: boolean): DeviceTensor
  conv2d(x: DeviceTensor, filter: DeviceTensor, geometry: ConvolutionGeometry): DeviceTensor
  conv2dInput(g: DeviceTensor, filter: DeviceTensor, geometry: ConvolutionGeometry, inputShape: Shape): DeviceTensor
  conv2dFilter(g: DeviceTensor, x: DeviceTensor, geometry: ConvolutionGeometry, filterShape: Shape): DeviceTensor
  maxPool(x: DeviceTensor, geometry: PoolingGeometry): DeviceTensor
  maxPoolInput(g: DeviceTensor, x: DeviceTensor, y: DeviceTensor, geometry: PoolingGeometry): DeviceTensor
  averagePool(x: DeviceTensor, geometry: PoolingGeometry): DeviceTensor
  averagePoolInput(g: DeviceTensor, inputShape: Shape, geometry: PoolingGeometry): DeviceTensor
  /** Over the last axis. */
  softmax(x: DeviceTensor): DeviceTensor
}
