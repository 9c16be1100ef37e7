import { concat, createBackend, linear, mean, reshape, tanh } from '@lemanic/tensor-core'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createGatedFusion,
  createLateFusion,
  createParallelFusion,
  embeddingEncoder,
  type EncoderFactory,
  imageEncoder,
  perceptronDecoder,
  perceptronEncoder,
  binaryTask,
  recurrentEncoder,
  seriesEncoder,
  transformerEncoder,
} from '../index.js'
import { exampleData, exampleModel } from '../test-support.js'
import { encoderChecks, fusionModelChecks } from './index.js'

beforeAll(async () => void (await createBackend()))

const encoders: Record<string, EncoderFactory> = {
  perceptron: perceptronEncoder({ inputs: 3 }),
  'perceptron, state at its end': perceptronEncoder({ inputs: 3, hidden: [6, 4], stateAt: 'last' }),
  image: imageEncoder({ height: 8, width: 8, channels: 2, filters: [3, 4], hidden: 6 }),
  series: seriesEncoder({ features: 2, filters: [4, 3] }),
  gru: recurrentEncoder({ features: 2, hidden: 4 }),
  lstm: recurrentEncoder({ features: 2, hidden: 4, cell: 'lstm', bidirectional: true }),
  transformer: transformerEncoder({ time: 4, features: 3, width: 8, heads: 2, layers: 2 }),
  embedding: embeddingEncoder({ inputs: 5 }),
  custom: ({ stateSize, outputSize }) => ({
    inputShape: [4],
    parameters: { weight: { shape: [outputSize, 4 + stateSize], start: { uniform: 0.3 } } },
    encode: (params, state, input) => tanh(linear(stateSize === 0 ? input : concat([input, state]), params.weight)),
  }),
}
describe.each(Object.entries(encoders))('encoder: %s', (_, factory) => {
  // the checks need a backend, which is there only when tests run
  test('does what encoders must do', () => {
    for (const { name, run } of encoderChecks(factory)) expect(run, name).not.toThrow()
  })
})

const data = exampleData(6)
const decoders = { sick: perceptronDecoder(binaryTask()) }
const own = {
  a: perceptronEncoder({ inputs: 3 }),
  b: perceptronEncoder({ inputs: 4 }),
  c: perceptronEncoder({ inputs: 2 }),
}
test.each([
  ['sequential', exampleModel()],
  ['residual, learned order', exampleModel({ update: 'residual', order: 'learned' })],
  ['parallel', createParallelFusion({ inputShapes: { a: [3], b: [4], c: [2] }, decoders, fill: 'mask-token' })],
  ['late', createLateFusion({ encoders: own, decoders })],
  ['gated', createGatedFusion({ encoders: own, decoders })],
] as const)('fusion model: %s', (_, model) => {
  for (const { name, run } of fusionModelChecks(model, data)) expect(run, name).not.toThrow()
})

describe('the checks find', () => {
  const faulty =
    (encode: ReturnType<EncoderFactory>['encode']): EncoderFactory =>
    ({ stateSize, outputSize }) => ({
      inputShape: [3],
      parameters: { weight: { shape: [outputSize, 3 + stateSize], start: { uniform: 0.3 } } },
      encode,
    })
  const failures = (factory: EncoderFactory) =>
    encoderChecks(factory).flatMap(({ name, run }) => {
      try {
        run()
        return []
      } catch {
        return [name]
      }
    })
  test('an encoder that mixes the samples of a batch', () => {
    const mixing = faulty((params, state, input) => {
      const x = state.shape[1] === 0 ? input : concat([input, state])
      const y = linear(x, params.weight)
      return tanh(
        concat(
          [y.shape[0] > 1 ? reshape(mean(y, 0), [1, y.shape[1]]) : y].flatMap((part) => Array(y.shape[0]).fill(part)),
          0,
        ),
      )
    })
    expect(failures(mixing)).toContain('encodes each sample for itself')
  })
  test('one that leaves the state out, and one of another width', () => {
    const stateless: EncoderFactory = ({ outputSize }) => ({
      inputShape: [3],
      parameters: { weight: { shape: [outputSize, 3], start: { uniform: 0.3 } } },
      encode: (params, _state, input) => linear(input, params.weight),
    })
    expect(failures(stateless)).toEqual(['reads the state and the input, and learns with every parameter'])
    expect(failures(faulty((_params, _state, input) => input))).toContain(
      'gives [batch, outputSize], with a state and without one',
    )
  })
  test('a model in which batches skip', () => {
    const [, second] = fusionModelChecks(exampleModel({ skip: 'batch' }), data)
    expect(second.run).toThrow(/row \d/)
  })
})
