import {
  add,
  argMax,
  broadcastTo,
  compile,
  dispose,
  equal,
  gather,
  mapParams,
  matmul,
  mean,
  multiply,
  randomNormal,
  relu,
  reshape,
  scope,
  softmaxCrossEntropy,
  tensor,
  valueAndGrad,
  zeros,
  cast,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import { shardedBatches, type DigitSets } from './digits.js'
import type { Problem, ProblemOptions, Score } from './problem.js'

const [pixels, classes] = [784, 10]

/** Logits of pictures [workers, batch, 784] under parameters with a worker axis. */
function logitsOf(params: Params, pictures: Tensor): Tensor {
  const layer = (x: Tensor, name: string): Tensor => {
    const bias = params[`${name}.bias`]!
    return add(matmul(x, params[`${name}.weight`]!), reshape(bias, [bias.shape[0]!, 1, bias.shape[1]!]))
  }
  const hidden = params['hidden.weight'] === undefined ? pictures : relu(layer(pictures, 'hidden'))
  return layer(hidden, 'out')
}

const widen = (params: Params, workers: number): Params =>
  mapParams(params, (value) => broadcastTo(reshape(value, [1, ...value.shape]), [workers, ...value.shape]))

/** 784 – 10, or 784 – width – 10 with ReLU. All workers' gradients are taken at once, on parameters repeated for each. */
export function denseProblem(sets: DigitSets, { workers, batch, width, key }: ProblemOptions): Problem {
  const indicesOf = shardedBatches({ size: sets.train.labels.size, workers, batch, key: key.foldIn('batches') })
  // the sum over workers of their mean losses, so that worker k's parameters get worker k's gradient
  const lossAndGradients = valueAndGrad((params: Params, pictures: Tensor, labels: Tensor) =>
    multiply(softmaxCrossEntropy(reshape(logitsOf(params, pictures), [workers * batch, classes]), labels), workers),
  )
  const step = compile((params: Params, indices: Tensor, pictures: Tensor, labels: Tensor) => {
    const chosen = reshape(gather(pictures, indices), [workers, batch, pixels])
    const { loss, grads } = lossAndGradients(widen(params, workers), chosen, gather(labels, indices))
    return { loss, grads }
  })
  return {
    init(key) {
      const weight = (name: string, inputs: number, outputs: number): Tensor =>
        randomNormal(key.foldIn(name), [inputs, outputs], {
          standardDeviation: Math.sqrt((width > 0 ? 2 : 1) / inputs),
        })
      return scope(() => ({
        ...(width === 0 ? {} : { 'hidden.weight': weight('hidden', pixels, width), 'hidden.bias': zeros([width]) }),
        'out.weight': weight('out', width === 0 ? pixels : width, classes),
        'out.bias': zeros([classes]),
      }))
    },
    gradients(params, at) {
      const { loss, grads } = scope(() => {
        const indices = tensor(indicesOf(at), [workers * batch])
        return step(params, indices, sets.train.pictures, sets.train.labels)
      })
      const value = loss.item() / workers
      loss.dispose()
      return { loss: value, gradients: grads }
    },
    evaluate: (params, part) =>
      classifierScore(sets[part], (pictures) => {
        const count = pictures.shape[0]!
        return reshape(logitsOf(widen(params, 1), reshape(pictures, [1, count, pixels])), [count, classes])
      }),
    dispose() {
      step.dispose()
      dispose(sets)
    },
  }
}

/** Loss and accuracy of a classifier. */
export function classifierScore(
  { pictures, labels }: { readonly pictures: Tensor; readonly labels: Tensor },
  logits: (pictures: Tensor) => Tensor,
): Score {
  return scope(() => {
    const all = logits(pictures)
    return {
      loss: softmaxCrossEntropy(all, labels).item(),
      accuracy: 100 * mean(cast(equal(argMax(all, -1), labels), 'float32')).item(),
    }
  })
}
