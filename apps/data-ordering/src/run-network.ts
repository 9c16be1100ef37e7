import { mean, type RunOutput } from '@lemanic/eval'
import {
  add,
  argMax,
  axpyParams,
  compile,
  dispose,
  grad,
  keep,
  maxEigenvalue,
  type Params,
  randomKey,
  scope,
  softmaxCrossEntropy,
  square,
  sum,
  type Tensor,
  valueAndGrad,
} from '@lemanic/tensor-core'
import { type NetworkArm, orderOfBatches } from './arms.js'
import { convolutionalNet, objective, perceptron } from './network.js'
import { networkData, type NetworkData } from './network-data.js'
import type { OrderingContext } from './run-vector.js'

/** Every this many steps of the second half ‖∇f‖² is measured; in a short run at every step. */
const strideOf = (steps: number): number => (steps < 400 ? 1 : 37)

/** What training at one step size came to. */
interface Trained {
  readonly iterates: number
  readonly ends: number
  readonly loss: number
  readonly validationLoss: number
  readonly testLoss: number
  readonly accuracy: number
  readonly sharpness: number
}

/** One order at one seed on the perceptron or the convolutional net, at all step sizes. */
export async function runNetworkArm(arm: NetworkArm, seed: number, context: OrderingContext): Promise<RunOutput> {
  const isPerceptron = arm.startsWith('mlp-')
  const { options, engine } = context
  const sizes = isPerceptron ? options.mlp : options.cnn
  const key = randomKey(3)
    .foldIn(isPerceptron ? 'mlp' : 'cnn')
    .foldIn(seed)
  const data = networkData(engine.digits, sizes, key)
  try {
    const trained: Trained[] = []
    for (const at of sizes.stepSizes.keys()) trained.push(await trainAt(arm, at, data, seed, context))
    const log = (measure: (result: Trained) => number) => trained.map((result) => Math.log10(measure(result)))
    const tuned = trained.reduce((best, result) => (result.validationLoss < best.validationLoss ? result : best))
    return {
      metrics: {
        'network large': log(({ iterates }) => iterates)[0]!,
        'network small': log(({ iterates }) => iterates).at(-1)!,
        'network small ends': log(({ ends }) => ends).at(-1)!,
        'network loss': trained[0]!.loss,
        'network tuned loss': tuned.testLoss,
        'test accuracy': 100 * tuned.accuracy,
        ...(isPerceptron ? { sharpness: trained[0]!.sharpness } : {}),
      },
      samples: {
        iterates: log(({ iterates }) => iterates),
        ends: log(({ ends }) => ends),
        ...(isPerceptron ? { sharpness: trained.map(({ sharpness }) => sharpness) } : {}),
      },
    }
  } finally {
    dispose(data)
  }
}

async function trainAt(
  arm: NetworkArm,
  at: number,
  data: NetworkData,
  seed: number,
  { options, report }: OrderingContext,
): Promise<Trained> {
  const isPerceptron = arm.startsWith('mlp-')
  const sizes = isPerceptron ? options.mlp : options.cnn
  const { epochs, stepSizes, weightDecay, width } = sizes
  const network = isPerceptron ? perceptron(width) : convolutionalNet(width)
  const loss = objective(network, weightDecay)
  const key = randomKey(4).foldIn(seed)
  const count = data.batches.length
  let params = keep(scope(() => network.init(key.foldIn('init'))))
  const gradientOf = (at: Params, batch: number): Float32Array =>
    scope(() => flatten(grad(loss)(at, data.batches[batch]!.pictures, data.batches[batch]!.labels)))
  const order = orderOfBatches(arm, count, key.foldIn('order'), () =>
    tableOf(count, (batch) => gradientOf(params, batch)),
  )
  const rate = stepSizes[at]!
  const step = compile((current: Params, pictures: Tensor, labels: Tensor) => {
    const { grads } = valueAndGrad(loss)(current, pictures, labels)
    return { params: axpyParams(-rate, grads, current), grads }
  })
  const fullSquare = compile((current: Params) => {
    const slopes = Object.values(grad(loss)(current, data.training.pictures, data.training.labels))
    return slopes.map((slope) => sum(square(slope))).reduce((total, part) => add(total, part))
  })
  const measure = () => scope(() => fullSquare(params).item())
  const total = epochs * count
  const half = Math.floor(epochs / 2) * count
  const stride = strideOf(total - half)
  const iterates: number[] = []
  const ends: number[] = []
  try {
    for (let t = 0; t < total; t++) {
      if (t >= half && t % stride === 0) iterates.push(measure())
      const unit = order.next()
      const { pictures, labels } = data.batches[unit]!
      const next = step(params, pictures, labels)
      if (order.learns) order.observe(unit, flatten(next.grads))
      dispose([next.grads, params])
      params = next.params
      if (t >= half && t % count === count - 1) ends.push(measure())
      if (t % 25 === 0) {
        const fraction = (at + t / total) / stepSizes.length
        await report({ fraction, message: `seed ${seed}, γ ${rate}, step ${t}/${total}` })
      }
    }
    const { training, validation, test } = data
    return scope(() => ({
      iterates: mean(iterates),
      ends: mean(ends),
      loss: loss(params, training.pictures, training.labels).item(),
      validationLoss: softmaxCrossEntropy(network.logits(params, validation.pictures), validation.labels).item(),
      testLoss: softmaxCrossEntropy(network.logits(params, test.pictures), test.labels).item(),
      accuracy: accuracyOf(network.logits(params, test.pictures), test.labels),
      sharpness: isPerceptron
        ? maxEigenvalue(
            loss,
            params,
            { key: key.foldIn('sharpness'), maximumIterations: options.sharpnessIterations, tolerance: 1e-3 },
            training.pictures,
            training.labels,
          ).value
        : 0,
    }))
  } finally {
    dispose(params)
    step.dispose()
    fullSquare.dispose()
  }
}

function tableOf(count: number, gradientOf: (batch: number) => Float32Array) {
  const rows = Array.from({ length: count }, (_, batch) => gradientOf(batch))
  const dimension = rows[0]!.length
  const values = new Float32Array(count * dimension)
  rows.forEach((row, batch) => values.set(row, batch * dimension))
  return { size: count, dimension, values }
}

/** All gradients as one vector on the host. */
function flatten(grads: Params): Float32Array {
  const parts = Object.values(grads).map((value) => value.dataSync())
  const vector = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    vector.set(part, at)
    at += part.length
  }
  return vector
}

function accuracyOf(logits: Tensor, labels: Tensor): number {
  const guesses = argMax(logits, -1).dataSync()
  const right = Array.from(labels.dataSync()).filter((label, at) => label === guesses[at])
  return right.length / labels.size
}
