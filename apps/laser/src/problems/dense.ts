import {
  add,
  argMax,
  compile,
  dispose,
  equal,
  gather,
  matmul,
  mean,
  multiply,
  randomNormal,
  relu,
  reshape,
  scope,
  softmaxCrossEntropy,
  sum,
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

/** What each layer gives for pictures [n, 784]; `shifts`, [n, width] each, are added where they are given. */
function outputsOf(
  params: Params,
  pictures: Tensor,
  shifts?: Params,
): { readonly hidden: Tensor; readonly logits: Tensor } {
  const layer = (x: Tensor, name: string): Tensor => {
    const output = add(matmul(x, params[`${name}.weight`]!), params[`${name}.bias`]!)
    return shifts === undefined ? output : add(output, shifts[name]!)
  }
  const hidden = params['hidden.weight'] === undefined ? pictures : relu(layer(pictures, 'hidden'))
  return { hidden, logits: layer(hidden, 'out') }
}

/**
 * 784 – 10, or 784 – width – 10 with ReLU. All workers' gradients are taken at once: the loss is differentiated by what a
 * layer's outputs are shifted by, and worker k's gradient of its weights is xₖᵀ · (that of its own examples). Weights need
 * no copy for each worker.
 */
export function denseProblem(sets: DigitSets, { workers, batch, width, key }: ProblemOptions): Problem {
  const indicesOf = shardedBatches({ size: sets.train.labels.size, workers, batch, key: key.foldIn('batches') })
  // the sum over workers of their mean losses, so that worker k's examples have worker k's gradient
  const differentiate = valueAndGrad((shifts: Params, params: Params, pictures: Tensor, labels: Tensor) => {
    const { hidden, logits } = outputsOf(params, pictures, shifts)
    return { loss: multiply(softmaxCrossEntropy(logits, labels), workers), aux: { hidden } }
  })
  const step = compile((params: Params, indices: Tensor, pictures: Tensor, labels: Tensor) => {
    const chosen = gather(pictures, indices)
    const count = workers * batch
    const shifts = {
      ...(width === 0 ? {} : { hidden: zeros([count, width]) }),
      out: zeros([count, classes]),
    }
    const { loss, grads, aux } = differentiate(shifts, params, chosen, gather(labels, indices))
    const inputs: Params = { hidden: chosen, out: aux.hidden }
    const ofWorkers = (value: Tensor): Tensor => reshape(value, [workers, batch, value.shape[1]!])
    const gradients = Object.entries(grads).flatMap(([name, change]) => {
      const own = ofWorkers(change)
      return [
        [`${name}.weight`, matmul(ofWorkers(inputs[name]!), own, { transposeA: true })],
        [`${name}.bias`, sum(own, 1)],
      ] as const
    })
    return { loss, grads: Object.fromEntries(gradients) }
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
    evaluate: (params, part) => classifierScore(sets[part], (pictures) => outputsOf(params, pictures).logits),
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
