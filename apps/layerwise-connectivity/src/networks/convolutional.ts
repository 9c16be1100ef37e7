import { stackedConv2d, stackedLinear, type BatchStatistics, type PermutationSpec, type Stage } from '@lemanic/fed-opt'
import {
  add,
  mean,
  multiply,
  ones,
  randomNormal,
  relu,
  reshape,
  rsqrt,
  square,
  subtract,
  zeros,
  type RandomKey,
  type Tensor,
} from '@lemanic/tensor-core'
import { classes, type Network } from './network.js'

export interface ConvolutionalOptions {
  /** Height and width of the pictures, a multiple of 4. */
  readonly side: number
  /** Channels before the second halving; twice as many after. */
  readonly width: number
  /** Batch norm after every convolution. */
  readonly norm: boolean
}

/** Told the statistics of a batch as they are used; for stacks of one model. */
export type Collect = (names: { readonly mean: string; readonly variance: string }, statistics: BatchStatistics) => void

export interface ConvolutionalNet extends Network {
  /** The same network, normalizing with the statistics of the batch; for training, and to measure statistics. */
  readonly batchStages: (collect?: Collect) => readonly Stage[]
}

const epsilon = 1e-5
// [inputs, outputs, stride], in multiples of the width; 0 is the grey channel
const shape = [
  [0, 1, 2],
  [1, 1, 1],
  [1, 2, 2],
  [2, 2, 1],
  [2, 2, 1],
] as const

/** Five 3 × 3 convolutions with ReLU, `conv.0` … `conv.4`, the first and third of stride 2, and a linear layer `out`. */
export function convolutionalNet({ side, width, norm }: ConvolutionalOptions): ConvolutionalNet {
  const positions = (side / 4) ** 2
  const flat = positions * 2 * width
  const layers = shape.map(([inputs, outputs, strides], i) => ({
    conv: `conv.${i}`,
    norm: `norm.${i}`,
    inputs: Math.max(1, inputs * width),
    outputs: outputs * width,
    strides,
  }))
  const init = (key: RandomKey) =>
    Object.fromEntries([
      ...layers.flatMap(({ conv, norm: name, inputs, outputs }): [string, Tensor][] => [
        [
          `${conv}.weight`,
          multiply(randomNormal(key.foldIn(conv), [3, 3, inputs, outputs]), Math.sqrt(2 / (9 * inputs))),
        ],
        [`${conv}.bias`, zeros([outputs])],
        ...(norm
          ? ([
              [`${name}.gain`, ones([outputs])],
              [`${name}.bias`, zeros([outputs])],
              [`${name}.runningMean`, zeros([outputs])],
              [`${name}.runningVariance`, ones([outputs])],
            ] as [string, Tensor][])
          : []),
      ]),
      ['out.weight', multiply(randomNormal(key.foldIn('out'), [classes, flat]), Math.sqrt(2 / flat))],
      ['out.bias', zeros([classes])],
    ])
  const stagesWith = (mode: 'stored' | 'batch', collect?: Collect): Stage[] => [
    ...layers.map(
      ({ conv, norm: name, strides }): Stage => ({
        keys: [
          `${conv}.weight`,
          `${conv}.bias`,
          ...(norm ? ['gain', 'bias', 'runningMean', 'runningVariance'].map((part) => `${name}.${part}`) : []),
        ],
        apply(params, state) {
          const [weight, bias] = [params[`${conv}.weight`]!, params[`${conv}.bias`]!]
          const options = { strides, padding: 'same' } as const
          if (!norm) return stackedConv2d(state, weight, bias, { ...options, activation: 'relu' })
          const [gain, shift] = [params[`${name}.gain`]!, params[`${name}.bias`]!]
          if (mode === 'stored') {
            // a norm with stored statistics is part of the convolution before it
            const scale = multiply(gain, rsqrt(add(params[`${name}.runningVariance`]!, epsilon)))
            const folded = multiply(weight, reshape(scale, [scale.shape[0]!, 1, 1, 1, scale.shape[1]!]))
            const moved = add(multiply(subtract(bias, params[`${name}.runningMean`]!), scale), shift)
            return stackedConv2d(state, folded, moved, { ...options, activation: 'relu' })
          }
          const y = stackedConv2d(state, weight, bias, options)
          const centre = mean(y, [1, 2, 3], { keepDimensions: true })
          const shifted = subtract(y, centre)
          const spread = mean(square(shifted), [1, 2, 3], { keepDimensions: true })
          if (collect !== undefined) {
            const vector = (value: Tensor): Tensor => reshape(value, [value.size])
            collect(
              { mean: `${name}.runningMean`, variance: `${name}.runningVariance` },
              { mean: vector(centre), variance: vector(spread), count: y.size / centre.size },
            )
          }
          const channels = (value: Tensor): Tensor => reshape(value, [value.shape[0]!, 1, 1, 1, value.shape[1]!])
          const scale = multiply(rsqrt(add(spread, epsilon)), channels(gain))
          return relu(add(multiply(shifted, scale), channels(shift)))
        },
      }),
    ),
    {
      keys: ['out.weight', 'out.bias'],
      apply: (params, state) =>
        stackedLinear(
          reshape(state, [state.shape[0]!, state.shape[1]!, flat]),
          params['out.weight']!,
          params['out.bias']!,
        ),
    },
  ]
  const permutations: PermutationSpec = Object.fromEntries([
    ...layers.flatMap(({ conv, norm: name }, i): [string, PermutationSpec[string]][] => [
      [`${conv}.weight`, [null, null, i === 0 ? null : layers[i - 1]!.conv, conv]],
      [`${conv}.bias`, [conv]],
      ...(norm
        ? ['gain', 'bias', 'runningMean', 'runningVariance'].map((part): [string, PermutationSpec[string]] => [
            `${name}.${part}`,
            [conv],
          ])
        : []),
    ]),
    ['out.weight', [null, { permutation: layers.at(-1)!.conv, tiles: positions }]],
    ['out.bias', [null]],
  ])
  return { init, stages: stagesWith('stored'), batchStages: (collect) => stagesWith('batch', collect), permutations }
}
