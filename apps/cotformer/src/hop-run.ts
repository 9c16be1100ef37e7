import {
  randomKey,
  RandomStream,
  scope,
  softmaxCrossEntropy,
  tensor,
  type Params,
  type Sampler,
} from '@lemanic/tensor-core'
import { createDecoder, type Decoder, type TrainingBatch } from '@lemanic/transformer'
import { type HopArm, modelOptions } from './arms.js'
import type { CotformerOptions, HopOptions } from './options.js'
import { hopSequence, type HopSequence } from './p-hop.js'
import { createOptimizer, trainable, type TrainingRun } from './training-run.js'

/** Sets up the training of a p-hop arm: new sequences at every step, the same for all arms of a seed. */
export function createHopRun(arm: HopArm, seed: number, options: CotformerOptions): TrainingRun {
  const key = randomKey(seed)
  const { hop, peakLearningRate } = options
  const decoder = createDecoder(modelOptions(arm, options))
  const sequenceKey = key.foldIn('p-hop')
  const sampler: Sampler<TrainingBatch> = {
    next(step) {
      const random = new RandomStream(sequenceKey.foldIn(step))
      const sequences = Array.from({ length: hop.batchSize }, (_, i) => hopSequence(hop, i % hop.hops.length, random))
      return batchOf(sequences)
    },
    state: () => ({ json: null, tensors: {} }),
    restore() {},
  }
  return {
    decoder,
    model: trainable(decoder),
    optimizer: createOptimizer({ peakLearningRate, steps: hop.steps }),
    sampler,
    key,
    loss: (loss) => loss,
    steps: hop.steps,
    evaluationKey: key,
    finalSequences: [],
    curveSequences: [],
  }
}

function batchOf(sequences: readonly HopSequence[]): TrainingBatch {
  const join = (name: keyof HopSequence) => {
    const rows = sequences.map((sequence) => sequence[name])
    return tensor(Int32Array.from(rows.flatMap((row) => [...row])), [rows.length, rows[0]!.length])
  }
  return { tokens: join('inputs'), targets: join('targets') }
}

/** Loss and accuracy over the answered places of test sequences, the same for every arm and seed. */
export interface HopMeasurement {
  /** Nats an answer. */
  readonly loss: number
  /** For each number of hops on offer. */
  readonly accuracies: number[]
}

/** Measures a model on `count` test sequences for each number of hops. */
export async function measureHops(
  decoder: Decoder,
  params: Params,
  hop: HopOptions,
  count: number,
): Promise<HopMeasurement> {
  const key = randomKey(0).foldIn('p-hop test')
  const accuracies: number[] = []
  let [sum, answers] = [0, 0]
  for (const which of hop.hops.keys()) {
    const random = new RandomStream(key.foldIn(which))
    let [right, asked] = [0, 0]
    for (let done = 0; done < count; done += hop.batchSize) {
      const length = Math.min(hop.batchSize, count - done)
      const sequences = Array.from({ length }, () => hopSequence(hop, which, random))
      const { losses, logits } = scope(() => {
        const { tokens, targets } = batchOf(sequences)
        const all = decoder.apply(params, { tokens }, { training: false })
        return { logits: all, losses: softmaxCrossEntropy(all, targets, { reduction: 'none' }) }
      })
      const [scores, values] = [await logits.data(), await losses.data()]
      logits.dispose()
      losses.dispose()
      const size = decoder.config.vocabularySize
      sequences.forEach(({ targets }, row) => {
        targets.forEach((target, place) => {
          if (target < 0) return
          const at = row * targets.length + place
          sum += values[at]!
          asked++
          const own = scores.subarray(at * size, (at + 1) * size)
          if (own.every((score) => score <= own[target]!)) right++
        })
      })
    }
    accuracies.push(right / asked)
    answers += asked
  }
  return { loss: sum / answers, accuracies }
}
