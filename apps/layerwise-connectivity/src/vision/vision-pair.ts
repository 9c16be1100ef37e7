import { keep, randomKey, randomPermutation, scope, type Params, type RandomKey } from '@lemanic/tensor-core'
import type { VisionArm } from '../arms.js'
import { pick, type PictureSet } from '../data/pictures.js'
import { convolutionalNet, type ConvolutionalNet } from '../networks/convolutional.js'
import type { Network } from '../networks/network.js'
import { perceptron } from '../networks/perceptron.js'
import type { Sizes, VisionSizes } from '../options.js'
import type { TrainingOptions } from '../train-pair.js'
import type { LabelledTensors } from './measure-pictures.js'

/** Everything that fixes a pair before it is trained. */
export interface VisionPair {
  readonly network: Network
  /** The network with batch norm, where the arm has one. */
  readonly norm?: ConvolutionalNet
  readonly sizes: VisionSizes
  readonly training: TrainingOptions
  readonly start: readonly [Params, Params]
  /** Pictures of model a, then those of model b. */
  readonly train: LabelledTensors
  readonly test: LabelledTensors
  readonly key: RandomKey
}

/** Sets up a pair. Arms of one seed share test pictures, and pictures and start where they have the same. */
export function visionPair(arm: VisionArm, seed: number, pictures: PictureSet, all: Sizes): VisionPair {
  const isConvolutional = arm.network === 'cnn' || arm.network === 'norm'
  const sizes = isConvolutional ? all.cnn : all.mlp
  const side = pictures.train.height
  const key = randomKey(2307).foldIn(arm.set).foldIn(seed)
  const norm = arm.network === 'norm' ? convolutionalNet({ side, width: sizes.width, norm: true }) : undefined
  const network = norm ?? plainNetwork(arm, side, sizes)
  const init = (model: number): Params =>
    scope(() => network.init(key.foldIn('start').foldIn(arm.init === 'same' ? 0 : model)))
  const order = randomPermutation(key.foldIn('train'), pictures.train.count)
  const chosen =
    arm.data === 'halves'
      ? order.subarray(0, 2 * sizes.images)
      : Int32Array.from({ length: 2 * sizes.images }, (_, i) => order[i % sizes.images]!)
  const tested = randomPermutation(key.foldIn('test'), pictures.test.count).subarray(0, sizes.testImages)
  return keep({
    network,
    ...(norm === undefined ? {} : { norm }),
    sizes,
    training: {
      batchSize: sizes.batchSize,
      epochs: sizes.epochs,
      learningRate: sizes.learningRates[arm.rate],
      warmupSteps: sizes.warmupSteps,
      momentum: 0.9,
      weightDecay: 5e-4,
      clip: 5,
      loss: arm.network === 'linear' ? 'squared' : 'cross-entropy',
    },
    start: [init(0), init(1)],
    train: pick(pictures.train, chosen),
    test: pick(pictures.test, tested),
    key: key.foldIn('order'),
  })
}

function plainNetwork({ network }: VisionArm, side: number, { depth, width }: VisionSizes): Network {
  if (network === 'cnn') return convolutionalNet({ side, width, norm: false })
  return perceptron({
    pixels: side ** 2,
    depth,
    width: network === 'wide' ? 2 * width : width,
    rectify: network !== 'linear',
  })
}
