import {
  adamw,
  cloneParams,
  compile,
  dispose,
  dynamic,
  keep,
  oneCycleSchedule,
  randomInteger,
  scope,
  softmaxCrossEntropy,
  valueAndGrad,
  type Params,
  type RandomKey,
  type Scalar,
  type State,
  type Tensor,
} from '@lemanic/tensor-core'
import type { Decoder } from '@lemanic/transformer'
import type { LanguageSizes } from '../options.js'
import { textBatch } from './text-batches.js'

/**
 * Trains a language model by AdamW under a one-cycle schedule on pieces of a text that the key draws. Returns the
 * parameters after each step of `moments`, ascending; the caller owns them, and keeps `start`.
 */
export async function trainText(options: {
  readonly model: Decoder
  readonly start: Params
  readonly characters: Uint8Array
  readonly sizes: LanguageSizes
  readonly key: RandomKey
  readonly moments: ReadonlySet<number>
  readonly report: (step: number) => Promise<void>
}): Promise<Params[]> {
  const { model, start, characters, sizes, key, moments, report } = options
  const { steps, batchSize, contextLength, peakLearningRate } = sizes
  const optimizer = adamw({
    learningRate: oneCycleSchedule({
      peak: peakLearningRate,
      steps,
      warmupFraction: 0.1,
      startDivisor: 100,
      endDivisor: 100,
    }),
    beta1: 0.9,
    beta2: 0.95,
    weightDecay: 0.1,
    decays: (name, value) => value.rank >= 2 && name.startsWith('blocks.'),
  })
  const gradients = valueAndGrad((params: Params, tokens: Tensor, targets: Tensor) =>
    softmaxCrossEntropy(model.apply(params, { tokens }), targets),
  )
  const update = compile((params: Params, state: State, tokens: Tensor, targets: Tensor, step: Scalar) =>
    optimizer.update(gradients(params, tokens, targets).grads, state, params, step),
  )
  let current = keep(scope(() => ({ params: cloneParams(start), state: optimizer.init(start) })))
  const kept: Params[] = []
  try {
    for (let step = 0; step < steps; step++) {
      const next = scope(() => {
        const starts = Array.from({ length: batchSize }, (_, row) =>
          randomInteger(key.foldIn(step).foldIn(row), characters.length - contextLength),
        )
        const { tokens, targets } = textBatch(characters, starts, contextLength)
        return keep(update(current.params, current.state, tokens, targets, dynamic(step)))
      })
      dispose(current)
      current = next
      const { params } = current
      if (moments.has(step + 1)) kept.push(keep(scope(() => cloneParams(params))))
      if (step % 10 === 0) await report(step)
    }
    return kept
  } catch (error) {
    dispose(kept)
    throw error
  } finally {
    dispose(current)
    update.dispose()
  }
}
