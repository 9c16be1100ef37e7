import { compressedReducer, errorFeedback, powerSgd } from '@lemanic/compression'
import {
  adamw,
  fillRandomIntegers,
  meanReducer,
  randomKey,
  tensor,
  type Reducer,
  type Sampler,
  type Tensor,
  type TrainOptions,
} from '@lemanic/tensor-core'
import { createDecoder, nextTokenLoss, type TrainingBatch } from '@lemanic/transformer'

// A small GPT on the letters of a text, cut for several workers: together they see the batch that one would see alone.

const text = Array.from(
  { length: 400 },
  (_, i) => `${i} bottles of ink, ${(7 * i) % 31} quires of paper, ${i % 3 === 0 ? 'sealed' : 'open'}; `,
).join('')
const letters = [...new Set(text)].sort()
const tokens = Int32Array.from(text, (letter) => letters.indexOf(letter))

const time = 32
/** Sequences of a step, over all workers together. */
const wholeBatch = 16

/** Worker w of `workers` gets part w of the sequences of a step; which these are depends on the step alone. */
function sampler(workers: number): Sampler<TrainingBatch> {
  const size = wholeBatch / workers
  return {
    next(step, { worker }) {
      const starts = fillRandomIntegers(randomKey(5).foldIn(step), new Int32Array(wholeBatch), {
        high: tokens.length - time,
      })
      const own = starts.subarray(worker * size, (worker + 1) * size)
      const cut = (shift: number): Tensor => {
        const values = new Int32Array(size * time)
        own.forEach((start, i) => values.set(tokens.subarray(start + shift, start + shift + time), i * time))
        return tensor(values, [size, time], { dtype: 'int32' })
      }
      return { tokens: cut(0), targets: cut(1) }
    },
    state: () => ({ json: null, tensors: {} }),
    restore: () => undefined,
  }
}

export type ReducerName = 'mean' | 'powersgd'

function reducerOf(name: ReducerName): Reducer {
  return name === 'mean' ? meanReducer() : compressedReducer({ compressor: errorFeedback(powerSgd({ rank: 2 })) })
}

/** Options of a training by `workers` in all, of this and other processes. */
export function gptTraining(workers: number, reducer: ReducerName, steps: number): TrainOptions<TrainingBatch, Tensor> {
  return {
    model: createDecoder({
      vocabularySize: letters.length,
      width: 32,
      heads: 2,
      contextLength: time,
      stack: { kind: 'standard', layers: 2 },
    }),
    loss: nextTokenLoss,
    sampler: sampler(workers),
    optimizer: adamw({ learningRate: 0.01 }),
    reducer: reducerOf(reducer),
    key: randomKey(1),
    steps,
  }
}
