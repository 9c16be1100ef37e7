import type { Shape } from '../../backend.js'
import { averagePool2d, conv2d, maxPool2d, type Conv2dOptions, type PoolOptions } from '../../operations/index.js'
import type { Case } from '../case.js'
import { accumulated, exact } from '../compare.js'
import { distinct, hostValues, normal } from '../host-values.js'

function convolution(x: Shape, filter: Shape, options: Conv2dOptions = {}): Case {
  const size = [...x, ...filter].reduce((product, length) => product * length, 1)
  return {
    operation: 'conv2d',
    name: `conv2d [${x}] by [${filter}] ${JSON.stringify(options)}`,
    inputs: () => [normal(x, 1), normal(filter, 2)],
    compute: ([image, weights]) => conv2d(image!, weights!, options),
    tolerance: accumulated,
    smooth: size < 20000,
  }
}

function biased(x: Shape, filter: Shape, options: Conv2dOptions): Case {
  const plain = convolution(x, filter, options)
  return {
    ...plain,
    operation: 'conv2dBias',
    name: `biased ${plain.name}`,
    inputs: () => [...plain.inputs(), normal([filter[3]!], 3)],
    compute: ([image, weights, bias]) => conv2d(image!, weights!, { ...options, bias }),
    smooth: options.activation !== 'relu' && plain.smooth!,
  }
}

function pooling(
  operation: 'maxPool2d' | 'averagePool2d',
  x: Shape,
  window: number | readonly [number, number],
  options: PoolOptions = {},
): Case {
  const pool = operation === 'maxPool2d' ? maxPool2d : averagePool2d
  return {
    operation,
    name: `${operation} [${x}] window ${window} ${JSON.stringify(options)}`,
    inputs: () => [operation === 'maxPool2d' ? distinct(x) : normal(x)],
    compute: ([image]) => pool(image!, window, options),
    tolerance: operation === 'maxPool2d' ? exact : accumulated,
  }
}

const pools = (['maxPool2d', 'averagePool2d'] as const).flatMap((operation) => [
  pooling(operation, [1, 4, 4, 1], 2),
  pooling(operation, [2, 5, 7, 3], 2),
  pooling(operation, [2, 5, 6, 2], [3, 2], { strides: [2, 1], padding: 'same' }),
  pooling(operation, [1, 4, 5, 2], 3, { strides: 2, padding: [1, 1, 0, 2] }),
  pooling(operation, [0, 4, 4, 2], 2),
])

export const imageCases: readonly Case[] = [
  convolution([1, 3, 3, 1], [2, 2, 1, 1]),
  convolution([2, 5, 4, 3], [3, 2, 3, 4]),
  convolution([1, 1, 1, 1], [1, 1, 1, 1]),
  convolution([2, 4, 5, 2], [1, 1, 2, 3], { strides: 2 }),
  convolution([1, 6, 5, 2], [3, 3, 2, 2], { padding: 'same' }),
  convolution([1, 6, 7, 2], [3, 2, 2, 2], { padding: 'same', strides: [2, 3] }),
  convolution([1, 7, 7, 1], [3, 2, 1, 2], { dilations: [2, 3], padding: [1, 2, 0, 3] }),
  convolution([2, 4, 4, 4], [2, 2, 2, 6], { groups: 2 }),
  convolution([1, 5, 5, 3], [3, 3, 1, 3], { groups: 3, padding: 1 }),
  convolution([1, 5, 6, 4], [2, 2, 2, 2], { groups: 2, strides: [1, 2], dilations: [2, 1], padding: [0, 1, 1, 0] }),
  convolution([0, 4, 4, 2], [2, 2, 2, 3]),
  convolution([2, 17, 19, 9], [3, 3, 9, 21], { padding: 'same' }),
  convolution([2, 9, 8, 16], [3, 3, 16, 33], { padding: 'same', dilations: 2 }),
  convolution([3, 12, 12, 64], [3, 3, 64, 48], { padding: 3 }),
  convolution([2, 10, 11, 40], [5, 3, 20, 34], { groups: 2, strides: [2, 1] }),
  ...(['none', 'relu'] as const).flatMap((activation) => [
    biased([2, 5, 4, 3], [3, 2, 3, 4], { activation }),
    biased([1, 5, 6, 4], [2, 2, 2, 2], { groups: 2, strides: [1, 2], activation }),
    biased([2, 17, 19, 9], [3, 3, 9, 37], { padding: 'same', activation }),
    biased([1, 4, 4, 3], [1, 1, 3, 2], { activation }),
  ]),
  ...pools,
  pooling('maxPool2d', [2, 8, 8, 37], 2),
  pooling('maxPool2d', [1, 9, 9, 19], 3, { strides: 2, padding: 'same' }),
  {
    operation: 'maxPool2d',
    name: 'maxPool2d: the first of equals takes the gradient',
    inputs: () => [hostValues([1, 4, 4, 1], [1, 1, 0, 2, 1, 1, 2, 2, 0, 0, 0, 0, 0, 0, 0, 5])],
    compute: ([image]) => maxPool2d(image!, 2),
    tolerance: exact,
    smooth: false,
  },
]
