import type { Convolution, Pooling, Shape } from '../backend.js'
import { argumentError, shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Operation } from '../tape-node.js'
import type { Tensor } from '../tensor.js'
import { add } from './binary.js'
import { equal, logicalAnd, logicalNot, where } from './comparison.js'
import { ones, zerosLike } from './creation.js'
import { type Primitive, expectDType, expectRank } from './define.js'
import { type Fused } from './fused.js'
import { sum } from './reduction.js'
import { pad, reshape, slice } from './shaping.js'
import { relu, reluGradient } from './unary.js'

type Pair = readonly [number, number]

/** `same` keeps ⌈size / stride⌉ cells, `valid` pads nothing, numbers pad both sides of height and width alike. */
export type Padding = 'same' | 'valid' | number | readonly [top: number, bottom: number, left: number, right: number]

const pair = (value: number | Pair): Pair => (typeof value === 'number' ? [value, value] : value)

function resolvePadding(padding: Padding, size: Pair, window: Pair, strides: Pair): Convolution['padding'] {
  if (padding === 'valid') return [0, 0, 0, 0]
  if (typeof padding === 'number') return [padding, padding, padding, padding]
  if (padding !== 'same') return padding
  const around = size.map((length, i) =>
    Math.max(0, (Math.ceil(length / strides[i]!) - 1) * strides[i]! + window[i]! - length),
  )
  return [Math.floor(around[0]! / 2), Math.ceil(around[0]! / 2), Math.floor(around[1]! / 2), Math.ceil(around[1]! / 2)]
}

function outputLength(operation: string, length: number, window: number, stride: number, around: number): number {
  const result = Math.floor((length + around - window) / stride) + 1
  if (result < 1)
    throw shapeError(operation, `a window of ${window} does not fit a padded length of ${length + around}`)
  return result
}

const dilated = (length: number, dilation: number): number => (length - 1) * dilation + 1

const conv2dOperation: Primitive<'conv2d'> = {
  name: 'conv2d',
  infer([x, filter], { strides, dilations, groups, padding }) {
    const [height, width, inner, outer] = filter!.shape as [number, number, number, number]
    if (x!.shape[3] !== inner * groups || outer % groups !== 0) {
      throw shapeError(
        'conv2d',
        `filter ${formatShape(filter!.shape)} with ${groups} groups does not fit the channels of ${formatShape(x!.shape)}`,
      )
    }
    const rows = outputLength(
      'conv2d',
      x!.shape[1]!,
      dilated(height, dilations[0]),
      strides[0],
      padding[0] + padding[1],
    )
    const columns = outputLength(
      'conv2d',
      x!.shape[2]!,
      dilated(width, dilations[1]),
      strides[1],
      padding[2] + padding[3],
    )
    return [{ shape: [x!.shape[0]!, rows, columns, outer], dtype: 'float32' }]
  },
  gradient({ gradients, inputs, attributes, needs }) {
    const [x, filter] = inputs as [Tensor, Tensor]
    return [
      needs[0]
        ? run(inputGradientOperation, [gradients[0]!, filter], { ...attributes, inputShape: x.shape })[0]
        : undefined,
      needs[1]
        ? run(filterGradientOperation, [gradients[0]!, x], { ...attributes, filterShape: filter.shape })[0]
        : undefined,
    ]
  },
}

/** Bias and rectifier ride along where the convolution's result is still in the cache. */
const conv2dBiasOperation: Fused<'conv2dBias'> = {
  name: 'conv2dBias',
  infer([x, filter, bias], attributes) {
    const outputs = conv2dOperation.infer([x!, filter!], attributes)
    const channels = filter!.shape[3]!
    if (bias!.shape.length !== 1 || bias!.shape[0] !== channels) {
      throw shapeError('conv2d', `the bias must have shape [${channels}], got ${formatShape(bias!.shape)}`)
    }
    return outputs
  },
  compose([x, filter, bias], { rectify, ...attributes }) {
    const y = add(run(conv2dOperation, [x!, filter!], attributes)[0]!, bias!)
    return [rectify ? relu(y) : y]
  },
  gradient({ gradients, inputs, outputs, attributes: { rectify, ...attributes }, needs }) {
    const [x, filter] = inputs as [Tensor, Tensor]
    const g = rectify ? reluGradient(gradients[0]!, outputs[0]!) : gradients[0]!
    return [
      needs[0] ? run(inputGradientOperation, [g, filter], { ...attributes, inputShape: x.shape })[0] : undefined,
      needs[1] ? run(filterGradientOperation, [g, x], { ...attributes, filterShape: filter.shape })[0] : undefined,
      needs[2] ? sum(g, [0, 1, 2]) : undefined,
    ]
  },
}

/** The three products are linear in each argument, so each one's gradient is made of the other two. */
const inputGradientOperation: Primitive<'conv2dInputGradient'> = {
  name: 'conv2dInputGradient',
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  gradient({ gradients, inputs, attributes, needs }) {
    const [g, filter] = inputs as [Tensor, Tensor]
    return [
      needs[0] ? run(conv2dOperation, [gradients[0]!, filter], attributes)[0] : undefined,
      needs[1]
        ? run(filterGradientOperation, [g, gradients[0]!], { ...attributes, filterShape: filter.shape })[0]
        : undefined,
    ]
  },
}
const filterGradientOperation: Primitive<'conv2dFilterGradient'> = {
  name: 'conv2dFilterGradient',
  infer: (_, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  gradient({ gradients, inputs, attributes, needs }) {
    const [g, x] = inputs as [Tensor, Tensor]
    return [
      needs[0] ? run(conv2dOperation, [x, gradients[0]!], attributes)[0] : undefined,
      needs[1] ? run(inputGradientOperation, [g, gradients[0]!], { ...attributes, inputShape: x.shape })[0] : undefined,
    ]
  },
}

export interface Conv2dOptions {
  /** Default 1. */
  readonly strides?: number | Pair
  /** Default 1. */
  readonly dilations?: number | Pair
  /** Channels are split into so many independent groups. Default 1. */
  readonly groups?: number
  /** Default `valid`. */
  readonly padding?: Padding
  /** Added to the result, [out]; default none. */
  readonly bias?: Tensor | undefined
  /** What the result goes through after the bias. Default `none`. */
  readonly activation?: 'none' | 'relu'
}

/** 2-D convolution (cross-correlation): x [batch, height, width, in] · filter [height, width, in / groups, out]. float32. */
export function conv2d(
  x: Tensor,
  filter: Tensor,
  { strides = 1, dilations = 1, groups = 1, padding = 'valid', bias, activation = 'none' }: Conv2dOptions = {},
): Tensor {
  expectRank('conv2d', 'x', x, 4)
  expectRank('conv2d', 'the filter', filter, 4)
  expectDType('conv2d', x, 'float32')
  expectDType('conv2d', filter, 'float32')
  const step = pair(strides)
  const spread = pair(dilations)
  for (const value of [...step, ...spread, groups]) {
    if (!Number.isInteger(value) || value < 1)
      throw argumentError('conv2d', `strides, dilations and groups are whole numbers ≥ 1, got ${value}`)
  }
  const window: Pair = [dilated(filter.shape[0]!, spread[0]), dilated(filter.shape[1]!, spread[1])]
  const around = resolvePadding(padding, [x.shape[1]!, x.shape[2]!], window, step)
  const attributes: Convolution = { strides: step, dilations: spread, groups, padding: around }
  if (bias !== undefined) {
    expectDType('conv2d', bias, 'float32')
    return run(conv2dBiasOperation, [x, filter, bias], { ...attributes, rectify: activation === 'relu' })[0]!
  }
  const y = run(conv2dOperation, [x, filter], attributes)[0]!
  return activation === 'relu' ? relu(y) : y
}

export interface Conv1dOptions {
  readonly stride?: number
  readonly dilation?: number
  readonly groups?: number
  readonly padding?: 'same' | 'valid' | number
  /** Added to the result, [out]; default none. */
  readonly bias?: Tensor | undefined
  /** What the result goes through after the bias. Default `none`. */
  readonly activation?: 'none' | 'relu'
}

/** 1-D convolution: x [batch, length, in] · filter [length, in / groups, out] → [batch, length′, out]. float32. */
export function conv1d(
  x: Tensor,
  filter: Tensor,
  { stride = 1, dilation = 1, groups = 1, padding = 'valid', bias, activation = 'none' }: Conv1dOptions = {},
): Tensor {
  expectRank('conv1d', 'x', x, 3)
  expectRank('conv1d', 'the filter', filter, 3)
  const [batch, length, channels] = x.shape as [number, number, number]
  const around: Padding = typeof padding === 'number' ? [0, 0, padding, padding] : padding
  const result = conv2d(reshape(x, [batch, 1, length, channels]), reshape(filter, [1, ...filter.shape]), {
    strides: [1, stride],
    dilations: [1, dilation],
    groups,
    padding: around,
    bias,
    activation,
  })
  return reshape(result, [batch, result.shape[2]!, result.shape[3]!])
}

function pooledShape(operation: string, shape: Shape, { window, strides, padding }: Pooling): Shape {
  const rows = outputLength(operation, shape[1]!, window[0], strides[0], padding[0] + padding[1])
  const columns = outputLength(operation, shape[2]!, window[1], strides[1], padding[2] + padding[3])
  return [shape[0]!, rows, columns, shape[3]!]
}

const maxPool2dOperation: Primitive<'maxPool2d'> = {
  name: 'maxPool2d',
  infer: ([x], attributes) => [{ shape: pooledShape('maxPool2d', x!.shape, attributes), dtype: 'float32' }],
  gradient: ({ gradients, inputs, outputs, attributes }) => [
    run(maxPool2dGradientOperation, [gradients[0]!, inputs[0]!, outputs[0]!], attributes)[0],
  ],
}
const maxPool2dGradientOperation: Primitive<'maxPool2dGradient'> = {
  name: 'maxPool2dGradient',
  infer: ([, x]) => [{ shape: x!.shape, dtype: 'float32' }],
  /** Linear in g: its transpose reads the cell that won each window. */
  gradient: ({ gradients, inputs, attributes, needs }) => [
    needs[0] ? valuesAtWinners(gradients[0]!, inputs[1]!, inputs[2]!, attributes) : undefined,
    undefined,
    undefined,
  ],
}

/** The entries of `cells` (shaped like x) at the first maximum of each window of x, whose maxima are y. */
function valuesAtWinners(cells: Tensor, x: Tensor, y: Tensor, { window, strides, padding }: Pooling): Tensor {
  const around = [
    [0, 0],
    [padding[0], padding[1]],
    [padding[2], padding[3]],
    [0, 0],
  ] as const
  const paddedX = pad(x, around, -Infinity)
  const paddedCells = pad(cells, around)
  let open = ones(y.shape, { dtype: 'bool', backend: y.backend })
  let result = zerosLike(y)
  for (let row = 0; row < window[0]; row++) {
    for (let column = 0; column < window[1]; column++) {
      const at = (full: Tensor): Tensor =>
        slice(full, [
          undefined,
          { begin: row, end: row + (y.shape[1]! - 1) * strides[0] + 1, step: strides[0] },
          { begin: column, end: column + (y.shape[2]! - 1) * strides[1] + 1, step: strides[1] },
        ])
      const wins = logicalAnd(open, equal(at(paddedX), y))
      result = where(wins, at(paddedCells), result)
      open = logicalAnd(open, logicalNot(wins))
    }
  }
  return result
}

const averagePool2dOperation: Primitive<'averagePool2d'> = {
  name: 'averagePool2d',
  infer: ([x], attributes) => [{ shape: pooledShape('averagePool2d', x!.shape, attributes), dtype: 'float32' }],
  gradient: ({ gradients, inputs, attributes }) => [
    run(averagePool2dGradientOperation, [gradients[0]!], { ...attributes, inputShape: inputs[0]!.shape })[0],
  ],
}
const averagePool2dGradientOperation: Primitive<'averagePool2dGradient'> = {
  name: 'averagePool2dGradient',
  infer: (_, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  gradient: ({ gradients, attributes }) => [run(averagePool2dOperation, [gradients[0]!], attributes)[0]],
}

export interface PoolOptions {
  /** Default: the window. */
  readonly strides?: number | Pair
  /** Default `valid`. */
  readonly padding?: Padding
}

function pool(
  operation: Operation<Pooling>,
  x: Tensor,
  window: number | Pair,
  { strides, padding = 'valid' }: PoolOptions,
): Tensor {
  expectRank(operation.name, 'x', x, 4)
  expectDType(operation.name, x, 'float32')
  const size = pair(window)
  const step = pair(strides ?? window)
  const around = resolvePadding(padding, [x.shape[1]!, x.shape[2]!], size, step)
  return run(operation, [x], { window: size, strides: step, padding: around })[0]!
}

/** Largest value of each window: x [batch, height, width, channels]. The first maximum takes the gradient. float32. */
export function maxPool2d(x: Tensor, window: number | Pair, options: PoolOptions = {}): Tensor {
  return pool(maxPool2dOperation, x, window, options)
}

/** Mean of each window over the cells inside the image: x [batch, height, width, channels]. float32. */
export function averagePool2d(x: Tensor, window: number | Pair, options: PoolOptions = {}): Tensor {
  return pool(averagePool2dOperation, x, window, options)
}

export interface Pool1dOptions {
  /** Default: the window. */
  readonly stride?: number
  readonly padding?: 'same' | 'valid' | number
}

function pool1d(
  operation: Operation<Pooling>,
  name: string,
  x: Tensor,
  window: number,
  { stride = window, padding = 'valid' }: Pool1dOptions,
): Tensor {
  expectRank(name, 'x', x, 3)
  const [batch, length, channels] = x.shape as [number, number, number]
  const around: Padding = typeof padding === 'number' ? [0, 0, padding, padding] : padding
  const image = reshape(x, [batch, 1, length, channels])
  const result = pool(operation, image, [1, window], { strides: [1, stride], padding: around })
  return reshape(result, [batch, result.shape[2]!, channels])
}

/** Largest value of each window: x [batch, length, channels] → [batch, length′, channels]. float32. */
export function maxPool1d(x: Tensor, window: number, options: Pool1dOptions = {}): Tensor {
  return pool1d(maxPool2dOperation, 'maxPool1d', x, window, options)
}

/** Mean of each window over the cells inside the sequence: x [batch, length, channels]. float32. */
export function averagePool1d(x: Tensor, window: number, options: Pool1dOptions = {}): Tensor {
  return pool1d(averagePool2dOperation, 'averagePool1d', x, window, options)
}
