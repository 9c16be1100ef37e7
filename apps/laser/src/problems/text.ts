import { mean } from '@lemanic/eval'
import { randomInteger, scope, tensor, type Tensor } from '@lemanic/tensor-core'
import { createDecoder } from '@lemanic/transformer'
import type { LaserData } from '../data.js'
import { oneByOne } from './one-by-one.js'
import type { Problem, ProblemOptions } from './problem.js'

const heldOutWindows = 64

/** A GPT of one layer on characters. Nine tenths of the text are trained on, in a shard a worker; the rest is held out. */
export function textProblem(
  { characters, vocabulary }: LaserData,
  { workers, batch, width, key, context }: ProblemOptions & { readonly context: number },
): Problem {
  const model = createDecoder({
    vocabularySize: vocabulary,
    width,
    heads: 4,
    contextLength: context,
    stack: { kind: 'standard', layers: 1 },
    positions: 'learned',
  })
  const trained = Math.floor(0.9 * characters.length)
  const heldOut = characters.length - trained
  const windows = (starts: readonly number[]): { inputs: Tensor; targets: Tensor } => {
    const cut = (shift: number): Tensor => {
      const values = new Int32Array(starts.length * context)
      starts.forEach((start, i) => values.set(characters.subarray(start + shift, start + shift + context), i * context))
      return tensor(values, [starts.length, context])
    }
    return { inputs: cut(0), targets: cut(1) }
  }
  const shard = Math.floor(trained / workers)
  const all = oneByOne(
    workers,
    (params, tokens, targets) => model.loss(params, { tokens, targets }),
    (step, worker) =>
      windows(
        Array.from({ length: batch }, (_, i) => {
          const own = key.foldIn('windows').foldIn(worker).foldIn(step).foldIn(i)
          return worker * shard + randomInteger(own, shard - context - 1)
        }),
      ),
  )
  return {
    init: (own) => model.init(own),
    gradients: (params, step) => all.gradients(params, step),
    evaluate(params, part) {
      const half = Math.floor(heldOut / 2)
      const begin = trained + (part === 'test' ? half : 0)
      const stride = Math.floor((half - context - 1) / heldOutWindows)
      const losses = Array.from({ length: 4 }, (_, quarter) =>
        scope(() => {
          const starts = Array.from({ length: heldOutWindows / 4 }, (__, i) => begin + (quarter * 16 + i) * stride)
          const { inputs, targets } = windows(starts)
          return model.loss(params, { tokens: inputs, targets }).item()
        }),
      )
      return { loss: mean(losses), accuracy: undefined }
    },
    dispose: () => all.dispose(),
  }
}
