import {
  adamw,
  conv2d,
  linear,
  lstm,
  maxPool2d,
  randomKey,
  randomNormal,
  relu,
  reshape,
  sgd,
  softmaxCrossEntropy,
  tensor,
  type Tensor,
} from '@lemanic/tensor-core'
import { createDecoder } from '@lemanic/transformer'
import type { Bench } from './bench.js'
import { trainingBench } from './training-step.js'

interface GptShape {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly time: number
  readonly batch: number
  readonly vocabulary: number
}

function pseudoTokens(count: number, vocabulary: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => (i * 7919 + ((i * i) % 104_729)) % vocabulary)
}

/** A GPT-2 shaped decoder (learned positions, biases, tied head), one AdamW step. */
function gpt(label: string, shape: GptShape): Bench {
  const { layers, width, heads, time, batch, vocabulary } = shape
  return trainingBench(
    {
      name: `training step of a GPT, ${label}`,
      unit: 'tokens/s',
      work: time * batch,
      without: ['cpu'],
      peer: { kind: 'gpt', ...shape },
    },
    (backend) => {
      const model = createDecoder({
        vocabularySize: vocabulary,
        width,
        heads,
        contextLength: time,
        stack: { kind: 'standard', layers },
        positions: 'learned',
        bias: true,
        normBias: true,
      })
      const numbers = pseudoTokens(batch * time + 1, vocabulary)
      return {
        params: model.init(randomKey(1)),
        batch: {
          tokens: tensor(numbers.slice(0, -1), [batch, time], { backend }),
          targets: tensor(numbers.slice(1), [batch, time], { backend }),
        },
        optimizer: adamw({ learningRate: 1e-3, weightDecay: 0.01, decays: () => true }), // as PyTorch's: all decay
        loss: (params, { tokens, targets }: { tokens: Tensor; targets: Tensor }) =>
          model.loss(params, { tokens, targets }),
      }
    },
  )
}

interface PerceptronShape {
  readonly inputs: number
  readonly hidden: number
  readonly outputs: number
  readonly batch: number
}

/** One hidden layer, one SGD step. */
function perceptron(shape: PerceptronShape): Bench {
  const { inputs, hidden, outputs, batch } = shape
  return trainingBench(
    {
      name: `training step of an MLP ${inputs}-${hidden}-${outputs}, batch ${batch}`,
      unit: 'examples/s',
      work: batch,
      peer: { kind: 'mlp', ...shape },
    },
    (backend) => {
      const weights = (i: number, dimensions: readonly number[]): Tensor =>
        randomNormal(randomKey(i), dimensions, { standardDeviation: 0.05, backend })
      return {
        params: {
          'hidden.weight': weights(1, [hidden, inputs]),
          'hidden.bias': weights(2, [hidden]),
          'output.weight': weights(3, [outputs, hidden]),
          'output.bias': weights(4, [outputs]),
        },
        batch: { x: weights(5, [batch, inputs]), y: tensor(pseudoTokens(batch, outputs), [batch], { backend }) },
        optimizer: sgd({ learningRate: 0.1 }),
        loss(params, { x, y }: { x: Tensor; y: Tensor }) {
          const activations = relu(linear(x, params['hidden.weight']!, params['hidden.bias']))
          return softmaxCrossEntropy(linear(activations, params['output.weight']!, params['output.bias']), y)
        },
      }
    },
  )
}

/** A small CNN on 28 × 28: conv 32 – pool – conv 64 – pool – 128 – 10, batch 64, one SGD step. */
const cnn = trainingBench(
  {
    name: 'training step of a CNN on 28x28, batch 64',
    unit: 'examples/s',
    work: 64,
    without: ['cpu'],
    peer: { kind: 'cnn', batch: 64 },
  },
  (backend) => {
    const weights = (i: number, shape: readonly number[], standardDeviation = 0.05): Tensor =>
      randomNormal(randomKey(i), shape, { standardDeviation, backend })
    return {
      params: {
        'conv1.filter': weights(1, [3, 3, 1, 32]),
        'conv1.bias': weights(2, [32]),
        'conv2.filter': weights(3, [3, 3, 32, 64]),
        'conv2.bias': weights(4, [64]),
        'hidden.weight': weights(5, [128, 3136], 0.01),
        'hidden.bias': weights(6, [128]),
        'output.weight': weights(7, [10, 128]),
        'output.bias': weights(8, [10]),
      },
      batch: { x: weights(9, [64, 28, 28, 1], 1), y: tensor(pseudoTokens(64, 10), [64], { backend }) },
      optimizer: sgd({ learningRate: 0.01 }),
      loss(params, { x, y }: { x: Tensor; y: Tensor }) {
        const layer = (input: Tensor, name: string): Tensor =>
          maxPool2d(
            conv2d(input, params[`${name}.filter`]!, {
              padding: 'same',
              bias: params[`${name}.bias`],
              activation: 'relu',
            }),
            2,
          )
        const flat = reshape(layer(layer(x, 'conv1'), 'conv2'), [64, 3136])
        const hidden = relu(linear(flat, params['hidden.weight']!, params['hidden.bias']))
        return softmaxCrossEntropy(linear(hidden, params['output.weight']!, params['output.bias']), y)
      },
    }
  },
)

/** An LSTM 32 → 64 over 50 steps with a linear head on its last state, batch 32, one AdamW step. */
const recurrent = trainingBench(
  {
    name: 'training step of an LSTM 32x50x32 to 64',
    unit: 'examples/s',
    work: 32,
    without: ['cpu'],
    peer: { kind: 'lstm', batch: 32, time: 50, inputs: 32, hidden: 64, outputs: 10 },
  },
  (backend) => {
    const weights = (i: number, shape: readonly number[], standardDeviation = 0.1): Tensor =>
      randomNormal(randomKey(i), shape, { standardDeviation, backend })
    return {
      params: {
        inputWeight: weights(1, [256, 32]),
        hiddenWeight: weights(2, [256, 64]),
        inputBias: weights(3, [256]),
        hiddenBias: weights(4, [256]),
        outputWeight: weights(5, [10, 64]),
        outputBias: weights(6, [10]),
      },
      batch: { x: weights(7, [32, 50, 32], 1), y: tensor(pseudoTokens(32, 10), [32], { backend }) },
      optimizer: adamw({ learningRate: 1e-3, weightDecay: 0.01, decays: () => true }),
      loss(params, { x, y }: { x: Tensor; y: Tensor }) {
        const { hidden } = lstm(x, {
          inputWeight: params['inputWeight']!,
          hiddenWeight: params['hiddenWeight']!,
          inputBias: params['inputBias'],
          hiddenBias: params['hiddenBias'],
        })
        return softmaxCrossEntropy(linear(hidden, params['outputWeight']!, params['outputBias']), y)
      },
    }
  },
)

export const training: readonly Bench[] = [
  gpt('0.12 M parameters', { layers: 2, width: 64, heads: 4, time: 64, batch: 8, vocabulary: 256 }),
  gpt('0.94 M parameters', { layers: 4, width: 128, heads: 4, time: 128, batch: 16, vocabulary: 1024 }),
  gpt('12.3 M parameters', { layers: 6, width: 384, heads: 6, time: 256, batch: 8, vocabulary: 4096 }),
  // the perceptron of federated studies, and one whose products weigh more
  perceptron({ inputs: 784, hidden: 200, outputs: 10, batch: 32 }),
  perceptron({ inputs: 784, hidden: 512, outputs: 10, batch: 256 }),
  cnn,
  recurrent,
]
