import {
  add,
  conv2d,
  dispose,
  gather,
  linear,
  multiply,
  randomNormal,
  relu,
  reshape,
  scope,
  softmaxCrossEntropy,
  tensor,
  zeros,
  type Params,
  type RandomKey,
  type Tensor,
} from '@lemanic/tensor-core'
import { classifierScore } from './dense.js'
import { shardedBatches, type DigitSets } from './digits.js'
import { oneByOne } from './one-by-one.js'
import type { Problem, ProblemOptions } from './problem.js'

/** Two 3 × 3 convolutions of stride 2 (width, then 2 · width channels) with ReLU, and a linear layer. */
export function convolutionalProblem(sets: DigitSets, { workers, batch, width, key }: ProblemOptions): Problem {
  const flat = 7 * 7 * 2 * width
  const indicesOf = shardedBatches({ size: sets.train.labels.size, workers, batch, key: key.foldIn('batches') })
  const logits = (params: Params, pictures: Tensor): Tensor => {
    const count = pictures.shape[0]!
    const layer = (x: Tensor, name: string): Tensor =>
      relu(add(conv2d(x, params[`${name}.weight`]!, { strides: 2, padding: 'same' }), params[`${name}.bias`]!))
    const second = layer(layer(reshape(pictures, [count, 28, 28, 1]), 'first'), 'second')
    return linear(reshape(second, [count, flat]), params['out.weight']!, params['out.bias']!)
  }
  const all = oneByOne(
    workers,
    (params, pictures, labels) => softmaxCrossEntropy(logits(params, pictures), labels),
    (step, worker) => {
      const indices = tensor(indicesOf(step).slice(worker * batch, (worker + 1) * batch), [batch])
      return { inputs: gather(sets.train.pictures, indices), targets: gather(sets.train.labels, indices) }
    },
  )
  const weight = (own: RandomKey, shape: readonly number[], inputs: number): Tensor =>
    multiply(randomNormal(own, shape), Math.sqrt(2 / inputs))
  return {
    init: (own) =>
      scope(() => ({
        'first.weight': weight(own.foldIn('first'), [3, 3, 1, width], 9),
        'first.bias': zeros([width]),
        'second.weight': weight(own.foldIn('second'), [3, 3, width, 2 * width], 9 * width),
        'second.bias': zeros([2 * width]),
        'out.weight': weight(own.foldIn('out'), [10, flat], flat),
        'out.bias': zeros([10]),
      })),
    gradients: (params, step) => all.gradients(params, step),
    evaluate: (params, part) => classifierScore(sets[part], (pictures) => logits(params, pictures)),
    dispose() {
      all.dispose()
      dispose(sets)
    },
  }
}
