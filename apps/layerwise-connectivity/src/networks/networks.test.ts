import { applyPermutations } from '@lemanic/fed-opt'
import {
  add,
  conv2d,
  createBackend,
  linear,
  randomKey,
  randomNormal,
  randomPermutation,
  relu,
  reshape,
  slice,
  stackParams,
  tensor,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { characterId, loadText, vocabulary } from '../data/text.js'
import { learningRateAt, trainStack, type TrainingOptions } from '../train-pair.js'
import { convolutionalNet } from './convolutional.js'
import { stackedLogits, type Network } from './network.js'
import { perceptron } from './perceptron.js'

beforeAll(() => createBackend())

const close = (found: Tensor, expected: Tensor, tolerance = 1e-4): void => {
  expect(found.shape).toEqual(expected.shape)
  const [x, y] = [found.dataSync(), expected.dataSync()]
  for (let i = 0; i < x.length; i++)
    expect(Math.abs(Number(x[i]) - Number(y[i]))).toBeLessThan(tolerance * (1 + Math.abs(Number(y[i]))))
}
const pictures = (seed: number, count = 6): Tensor => randomNormal(randomKey(seed), [count, 8, 8, 1])
const row = (values: Tensor, at: number): Tensor => reshape(slice(values, [[at, at + 1]]), values.shape.slice(1))
const networks: [string, Network][] = [
  ['perceptron', perceptron({ pixels: 64, depth: 3, width: 7, rectify: true })],
  ['linear net', perceptron({ pixels: 64, depth: 3, width: 7, rectify: false })],
  ['convolutional net', convolutionalNet({ side: 8, width: 3, norm: false })],
  ['convolutional net with batch norm', convolutionalNet({ side: 8, width: 3, norm: true })],
]

describe.each(networks)('%s', (_, network) => {
  test('computes stacks as single models: common or own pictures, common or own parameters', () => {
    const models = [1, 2, 3].map((seed) => network.init(randomKey(seed)))
    const own = [4, 5, 6].map((seed) => pictures(seed))
    const single = (params: Params, x: Tensor): Tensor =>
      row(stackedLogits(network, stackParams([params]), reshape(x, [1, ...x.shape])), 0)
    const together = stackedLogits(network, stackParams(models), stackParams(own.map((x) => ({ x }))).x!)
    const common = stackedLogits(network, stackParams(models), reshape(own[0]!, [1, ...own[0]!.shape]))
    const shared = stackedLogits(network, stackParams([models[0]!]), stackParams(own.map((x) => ({ x }))).x!)
    for (const i of [0, 1, 2]) {
      close(row(together, i), single(models[i]!, own[i]!))
      close(row(common, i), single(models[i]!, own[0]!))
      close(row(shared, i), single(models[0]!, own[i]!))
    }
  })

  test('does not change when its hidden units are renumbered', () => {
    const params = network.init(randomKey(1))
    const names = new Set(
      Object.values(network.permutations)
        .flat()
        .flatMap((axis) => (axis === null ? [] : typeof axis === 'string' ? [axis] : [axis.permutation])),
    )
    const sizes = new Map([...names].map((name) => [name, params[`${name}.bias`]!.size]))
    const orders = Object.fromEntries(
      [...names].map((name) => [name, randomPermutation(randomKey(5).foldIn(name), sizes.get(name)!)]),
    )
    const moved = applyPermutations(params, network.permutations, orders)
    const x = reshape(pictures(2), [1, 6, 8, 8, 1])
    expect([...Object.values(moved)[0]!.dataSync()]).not.toEqual([...Object.values(params)[0]!.dataSync()])
    close(stackedLogits(network, stackParams([moved]), x), stackedLogits(network, stackParams([params]), x))
  })
})

test('the convolutional net is five convolutions and a linear layer', () => {
  const network = convolutionalNet({ side: 8, width: 3, norm: false })
  const params = network.init(randomKey(1))
  const x = pictures(3)
  let y = x
  ;[2, 1, 2, 1, 1].forEach((strides, i) => {
    y = relu(add(conv2d(y, params[`conv.${i}.weight`]!, { strides, padding: 'same' }), params[`conv.${i}.bias`]!))
  })
  const expected = linear(reshape(y, [6, 24]), params['out.weight']!, params['out.bias']!)
  close(row(stackedLogits(network, stackParams([params]), reshape(x, [1, ...x.shape])), 0), expected)
})

describe('training', () => {
  const training: TrainingOptions = {
    batchSize: 4,
    epochs: 3,
    learningRate: 0.1,
    warmupSteps: 3,
    momentum: 0.9,
    weightDecay: 5e-4,
    clip: 5,
    loss: 'cross-entropy',
  }

  test('of a stack is that of its models one by one', async () => {
    const network = perceptron({ pixels: 64, depth: 2, width: 6, rectify: true })
    const start = [1, 2].map((seed) => network.init(randomKey(seed)))
    const all = pictures(7, 24)
    const labels = tensor(Int32Array.from({ length: 24 }, (_, i) => i % 10))
    const together = await trainStack({
      network,
      start,
      data: { pictures: all, labels, count: 12 },
      training,
      key: randomKey(3),
    })
    // model 0 of a stack of one draws the same order as model 0 of a stack of two
    const alone = await trainStack({
      network,
      start: [start[0]!],
      data: { pictures: slice(all, [[0, 12]]), labels: slice(labels, [[0, 12]]), count: 12 },
      training,
      key: randomKey(3),
    })
    for (const [name, value] of Object.entries(alone[0]!)) close(together[0]![name]!, value)
    expect([...together[0]!['out.weight']!.dataSync()]).not.toEqual([...start[0]!['out.weight']!.dataSync()])
  })

  test('that overflows says so', async () => {
    const network = perceptron({ pixels: 64, depth: 2, width: 6, rectify: false })
    const wild = { ...training, learningRate: 1e8, clip: 1e30, loss: 'squared' as const, epochs: 12 }
    const data = { pictures: pictures(7, 12), labels: tensor(new Int32Array(12)), count: 12 }
    await expect(
      trainStack({ network, start: [network.init(randomKey(1))], data, training: wild, key: randomKey(3) }),
    ).rejects.toThrow(/finite parameters[\s\S]*lower learning rate/)
  })

  test('warms up and comes down to 0', () => {
    expect(learningRateAt(0, 100, training)).toBeCloseTo(0.1 / 3, 12)
    expect(learningRateAt(2, 100, training)).toBeLessThan(0.1)
    expect(learningRateAt(50, 100, training)).toBeCloseTo(0.05, 12)
    expect(learningRateAt(99, 100, training)).toBeLessThan(1e-4)
  })
})

test('text: printable characters, line breaks, and one id for all others', () => {
  expect([characterId(32), characterId(126), characterId(10), characterId(233), characterId(8212)]).toEqual([
    0, 94, 95, 96, 96,
  ])
  const { training, validation } = loadText()
  expect(training.length + validation.length).toBeGreaterThan(1_190_000)
  expect(Math.max(...validation)).toBeLessThan(vocabulary)
  expect(validation.length / training.length).toBeGreaterThan(0.02)
})
