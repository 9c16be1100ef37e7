import {
  adamwStep,
  dispose,
  linear,
  randomKey,
  randomNormal,
  relu,
  scope,
  sgdStep,
  softmaxCrossEntropy,
  tensor,
  valueAndGrad,
  zerosLike,
  type Backend,
  type Tensor,
} from '@lemanic/tensor-core'
import { createDecoder } from '@lemanic/transformer'
import type { Bench } from './bench.js'

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

/** A GPT-2 shaped decoder (learned positions, biases, tied head), one AdamW step on a fixed batch. */
function gpt(label: string, shape: GptShape, iterations: number): Bench {
  const { layers, width, heads, time, batch, vocabulary } = shape
  return {
    name: `training step of a GPT, ${label}`,
    unit: 'tokens/s',
    work: time * batch,
    iterations,
    without: ['cpu'],
    peer: { kind: 'gpt', ...shape },
    prepare(backend) {
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
      let parameters = model.init(randomKey(1))
      const names = Object.keys(parameters)
      let first = names.map((name) => zerosLike(parameters[name]!))
      let second = names.map((name) => zerosLike(parameters[name]!))
      const tokens = tensor(pseudoTokens(batch * time, vocabulary), [batch, time], { backend })
      const targets = tensor(pseudoTokens(batch * time + 1, vocabulary).slice(1), [batch, time], { backend })
      const both = valueAndGrad((params: typeof parameters) => model.loss(params, { tokens, targets }))
      const weightDecay = names.map(() => 0.01)
      let step = 0
      return () => {
        step++
        const former = [Object.values(parameters), first, second]
        scope(() => {
          const { loss, grads } = both(parameters)
          const next = adamwStep(
            {
              parameters: Object.values(parameters),
              gradients: names.map((name) => grads[name]!),
              firstMoments: first,
              secondMoments: second,
            },
            { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay, step },
          )
          loss.item()
          parameters = Object.fromEntries(names.map((name, i) => [name, next.parameters[i]!]))
          first = [...next.firstMoments]
          second = [...next.secondMoments]
          return [parameters, first, second]
        })
        dispose(former)
      }
    },
  }
}

/** The perceptron of federated studies: 784 – 200 – 10, batch 32, one SGD step. */
const perceptron: Bench = {
  name: 'training step of an MLP 784-200-10, batch 32',
  unit: 'examples/s',
  work: 32,
  iterations: 100,
  without: ['cpu'],
  peer: { kind: 'mlp', inputs: 784, hidden: 200, outputs: 10, batch: 32 },
  prepare(backend: Backend) {
    const weights = (i: number, shape: readonly number[]): Tensor =>
      randomNormal(randomKey(i), shape, { standardDeviation: 0.05, backend })
    let parameters = [weights(1, [200, 784]), weights(2, [200]), weights(3, [10, 200]), weights(4, [10])]
    const x = weights(5, [32, 784])
    const y = tensor(pseudoTokens(32, 10), [32], { backend })
    const both = valueAndGrad(([w1, b1, w2, b2]: readonly Tensor[]) =>
      softmaxCrossEntropy(linear(relu(linear(x, w1!, b1)), w2!, b2), y),
    )
    const options = { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: [0, 0, 0, 0] }
    return () => {
      const former = parameters
      parameters = scope(() => {
        const { loss, grads } = both(parameters)
        loss.item()
        return [...sgdStep({ parameters, gradients: grads, velocities: [] }, options).parameters]
      })
      dispose(former)
    }
  },
}

export const training: readonly Bench[] = [
  gpt('0.12 M parameters', { layers: 2, width: 64, heads: 4, time: 64, batch: 8, vocabulary: 256 }, 20),
  gpt('0.94 M parameters', { layers: 4, width: 128, heads: 4, time: 128, batch: 16, vocabulary: 1024 }, 3),
  gpt('12.3 M parameters', { layers: 6, width: 384, heads: 6, time: 256, batch: 8, vocabulary: 4096 }, 1),
  perceptron,
]
