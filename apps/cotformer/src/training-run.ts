import { createOrderSampler, type OrderName } from '@lemanic/curriculum'
import {
  adamw,
  type Model,
  oneCycleSchedule,
  type Optimizer,
  randomKey,
  type RandomKey,
  type Sampler,
  tensor,
  type Tensor,
} from '@lemanic/tensor-core'
import { createDecoder, type Decoder, type TrainingBatch } from '@lemanic/transformer'
import { type ArmName, modelOptions } from './arms.js'
import { chunkTokens, type TokenChunks } from './corpus-chunks.js'
import type { CotformerEngine } from './engine.js'
import type { CotformerOptions } from './options.js'

/** The parts of one training: what `train` takes besides checkpoints. */
export interface TrainingRun {
  /** Of the arm. */
  readonly decoder: Decoder
  /** The decoder with its loss for an output: what a stack that halts is trained on is more than its logits. */
  readonly model: Model<TrainingBatch, Tensor>
  readonly optimizer: Optimizer
  readonly sampler: Sampler<TrainingBatch>
  readonly key: RandomKey
  readonly loss: (loss: Tensor) => Tensor
  readonly steps: number
  /** Decides the exits of PonderNet in evaluations. */
  readonly evaluationKey: RandomKey
  /** The validation sequences of the final loss, the same for every arm and seed; the curve takes some of them. */
  readonly finalSequences: Int32Array[]
  readonly curveSequences: Int32Array[]
}

/** The decoder as `train` takes it. */
export function trainable(decoder: Decoder): Model<TrainingBatch, Tensor> {
  return { init: decoder.init, apply: (params, batch, context) => decoder.loss(params, batch, context) }
}

/**
 * Sets up the training of an arm at a seed. The seed alone fixes the initial values (by name, so that arms share those
 * of all parameters they have in common) and the order of the batches: arms at one seed are paired. `order` replaces
 * random reshuffling.
 */
export function createTrainingRun(
  arm: ArmName,
  seed: number,
  { text }: CotformerEngine,
  options: CotformerOptions,
  order?: OrderName,
): TrainingRun {
  const key = randomKey(seed)
  const chunks = chunkTokens(text.training.tokens, options.contextLength)
  const validation = chunkTokens(text.validation.tokens, options.contextLength)
  const finalSequences = spreadSequences(validation, options.finalSequences)
  const decoder = createDecoder(modelOptions(arm, options))
  return {
    decoder,
    model: trainable(decoder),
    optimizer: createOptimizer(options),
    sampler: createSampler(chunks, key, options, order),
    key,
    loss: (loss) => loss,
    steps: options.steps,
    evaluationKey: key.foldIn('evaluation'),
    finalSequences,
    curveSequences: spread(finalSequences.length, options.curveSequences).map((index) => finalSequences[index]!),
  }
}

/** AdamW and PyTorch's OneCycle as the reference code sets them; matrices of linear layers decay, embeddings and norms do not. */
export function createOptimizer({
  peakLearningRate,
  steps,
}: Pick<CotformerOptions, 'peakLearningRate' | 'steps'>): Optimizer {
  return adamw({
    learningRate: oneCycleSchedule({
      peak: peakLearningRate,
      steps,
      warmupFraction: 0.2,
      startDivisor: 100,
      endDivisor: 0.05,
    }),
    beta1: 0.9,
    beta2: 0.95,
    weightDecay: 0.1,
    decays: (name, value) => value.rank >= 2 && !name.includes('embedding'),
  })
}

/** Random reshuffling unless another order was asked for; a batch may reach over the end of an epoch into the next. */
function createSampler(
  chunks: TokenChunks,
  key: RandomKey,
  { batchSize, contextLength }: CotformerOptions,
  order: OrderName | undefined,
): Sampler<TrainingBatch> {
  const shape = [batchSize, contextLength]
  return createOrderSampler({
    order,
    size: chunks.count,
    batchSize,
    key: key.foldIn('order'),
    partial: 'carry',
    batch(indices) {
      const { inputs, targets } = chunks.batch(indices)
      return { tokens: tensor(inputs, shape), targets: tensor(targets, shape) }
    },
  })
}

/** `count` sequences (or all there are) of one more token than the context, spread evenly over the text. */
export function spreadSequences(chunks: TokenChunks, count: number): Int32Array[] {
  return spread(chunks.count, count).map((index) => {
    const { inputs, targets } = chunks.batch([index])
    return Int32Array.from([...inputs, targets[targets.length - 1]!])
  })
}

function spread(available: number, wanted: number): number[] {
  const count = Math.min(available, wanted)
  return Array.from({ length: count }, (_, index) => Math.floor((index * available) / count))
}
