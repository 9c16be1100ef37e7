import {
  add,
  all,
  compile,
  dispose,
  divide,
  dynamic,
  gather,
  isFinite,
  keep,
  LemanicError,
  mapParams,
  mean,
  minimum,
  multiply,
  oneHot,
  randomPermutation,
  reshape,
  scope,
  sgdStep,
  softmaxCrossEntropy,
  sqrt,
  square,
  stackParams,
  subtract,
  sum,
  tensor,
  unstackParams,
  valueAndGrad,
  zerosLikeParams,
  type Params,
  type RandomKey,
  type Scalar,
  type Stacked,
  type Tensor,
} from '@lemanic/tensor-core'
import { classes, stackedLogits, type Network } from './networks/network.js'

/** What the models of a stack are trained on: as many pictures for each. */
export interface StackedPictures {
  /** [models · count, height, width, 1], model after model. */
  readonly pictures: Tensor
  /** [models · count] */
  readonly labels: Tensor
  readonly count: number
}

export interface TrainingOptions {
  readonly batchSize: number
  readonly epochs: number
  readonly learningRate: number
  readonly warmupSteps: number
  readonly momentum: number
  readonly weightDecay: number
  /** Largest norm of one model's gradient; a longer one is shortened to it. */
  readonly clip: number
  /** Cross-entropy, or the mean square of logits − one-hot labels. */
  readonly loss: 'cross-entropy' | 'squared'
}

/** Loss of every model of a stack, [models], from logits [models, batch, classes] and labels [models · batch]. */
export function stackedLoss(kind: TrainingOptions['loss'], logits: Tensor, labels: Tensor): Tensor {
  const [models, batch] = logits.shape as [number, number]
  if (kind === 'squared') {
    const targets = reshape(oneHot(labels, classes), [models, batch, classes])
    return mean(sum(square(subtract(logits, targets)), 2), 1)
  }
  const flat = reshape(logits, [models * batch, classes])
  return mean(reshape(softmaxCrossEntropy(flat, labels, { reduction: 'none' }), [models, batch]), 1)
}

/** Linear warm-up, then half a cosine down to 0. */
export function learningRateAt(step: number, steps: number, { learningRate, warmupSteps }: TrainingOptions): number {
  const warmup = Math.min(1, (step + 1) / warmupSteps)
  return learningRate * warmup * 0.5 * (1 + Math.cos((Math.PI * step) / steps))
}

/**
 * Trains several models at once, each on its own pictures in its own order, by SGD with momentum and weight decay, as the
 * reference code does, and with clipped gradients. `visit` is called with the parameters of all models after the epochs it asks for; it does not keep
 * them. Returns the trained models.
 */
export async function trainStack(options: {
  readonly network: Network
  readonly start: readonly Params[]
  readonly data: StackedPictures
  readonly training: TrainingOptions
  /** Order of the examples; model i draws from `key.foldIn(i)`. */
  readonly key: RandomKey
  readonly visit?: {
    readonly epochs: ReadonlySet<number>
    readonly run: (epoch: number, models: readonly Params[]) => void
  }
  readonly report?: (fraction: number) => Promise<void>
}): Promise<Params[]> {
  const { network, start, data, training, key, visit, report } = options
  const { batchSize, epochs, momentum, weightDecay, clip, loss } = training
  const models = start.length
  const perEpoch = Math.floor(data.count / batchSize)
  const gradients = valueAndGrad((params: Stacked, pictures: Tensor, labels: Tensor) =>
    sum(stackedLoss(loss, stackedLogits(network, params, pictures), labels)),
  )
  const step = compile((params: Stacked, velocity: Stacked, at: Tensor, rate: Scalar) => {
    const pictures = gather(data.pictures, at, 0)
    const batch = reshape(pictures, [models, batchSize, ...pictures.shape.slice(1)])
    const { grads } = gradients(params, batch, gather(data.labels, at, 0))
    const names = Object.keys(params)
    const clipped = clipEach(grads, models, clip)
    const next = sgdStep(
      {
        parameters: Object.values(params),
        gradients: names.map((name) => clipped[name]!),
        velocities: Object.values(velocity),
      },
      {
        learningRate: rate,
        momentum,
        nesterov: false,
        weightDecay: names.map((name) => (isStatistic(name) ? 0 : weightDecay)),
      },
    )
    const named = (values: readonly Tensor[]): Params => Object.fromEntries(names.map((name, i) => [name, values[i]!]))
    return { params: named(next.parameters), velocity: named(next.velocities) }
  })
  let state = keep(
    scope(() => {
      const params = stackParams(start)
      return { params, velocity: zerosLikeParams(params) }
    }),
  )
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (visit?.epochs.has(epoch)) visitModels(visit.run, epoch, state.params)
      const orders = start.map((_, model) => randomPermutation(key.foldIn(model).foldIn(epoch), data.count))
      for (let batch = 0; batch < perEpoch; batch++) {
        const rate = learningRateAt(epoch * perEpoch + batch, epochs * perEpoch, training)
        const next = scope(() => {
          const at = new Int32Array(models * batchSize)
          orders.forEach((order, model) => {
            for (let i = 0; i < batchSize; i++)
              at[model * batchSize + i] = model * data.count + order[batch * batchSize + i]!
          })
          return keep(step(state.params, state.velocity, tensor(at), dynamic(rate)))
        })
        dispose(state)
        state = next
      }
      await report?.((epoch + 1) / epochs)
    }
    if (!scope(() => Object.values(state.params).every((value) => all(isFinite(value)).dataSync()[0])))
      throw new LemanicError('training-diverged', 'expected finite parameters at the end of training, got others', {
        help: 'take a lower learning rate',
      })
    if (visit?.epochs.has(epochs)) visitModels(visit.run, epochs, state.params)
    return keep(unstackParams(state.params))
  } finally {
    dispose(state)
    step.dispose()
  }
}

/** Statistics of norm layers are measured, not trained. */
const isStatistic = (name: string): boolean => /running(Mean|Variance)$/.test(name)

/** Gradients of a stack, each model's shortened to the norm `longest` where it is longer. */
function clipEach(grads: Params, models: number, longest: number): Params {
  const squares = Object.values(grads)
    .map((value) => sum(square(reshape(value, [models, -1])), 1))
    .reduce((total, part) => add(total, part))
  const factor = minimum(divide(longest, sqrt(add(squares, 1e-12))), 1)
  return mapParams(grads, (value) => multiply(value, reshape(factor, [models, ...value.shape.slice(1).map(() => 1)])))
}

function visitModels(run: (epoch: number, models: readonly Params[]) => void, epoch: number, params: Stacked): void {
  const models = keep(unstackParams(params))
  try {
    run(epoch, models)
  } finally {
    dispose(models)
  }
}
