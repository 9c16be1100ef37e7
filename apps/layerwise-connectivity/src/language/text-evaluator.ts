import { singleEvaluator, type MixEvaluator } from '@lemanic/fed-opt'
import {
  argMax,
  cast,
  compile,
  dispose,
  keep,
  mean,
  notEqual,
  scope,
  softmaxCrossEntropy,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import type { Decoder } from '@lemanic/transformer'
import type { LanguageSizes } from '../options.js'
import { textBatch } from './text-batches.js'

/** Measures a language model on pieces spread evenly over a text: nats a character, and the share that is guessed wrong. */
export function textEvaluator(
  model: Decoder,
  characters: Uint8Array,
  { sequences, contextLength }: LanguageSizes,
): { readonly evaluator: MixEvaluator; readonly dispose: () => void } {
  const last = characters.length - contextLength - 1
  const starts = Array.from({ length: sequences }, (_, i) => Math.floor((i * last) / sequences))
  const { tokens, targets } = keep(scope(() => textBatch(characters, starts, contextLength)))
  const forward = compile((params: Params, inputs: Tensor, wanted: Tensor) => {
    const logits = model.apply(params, { tokens: inputs })
    return {
      loss: softmaxCrossEntropy(logits, wanted),
      error: mean(cast(notEqual(argMax(logits, -1), wanted), 'float32')),
    }
  })
  return {
    evaluator: singleEvaluator({
      measure(params) {
        const { loss, error } = forward(params, tokens, targets)
        return { loss: loss.item(), error: error.item() }
      },
    }),
    dispose() {
      dispose([tokens, targets])
      forward.dispose()
    },
  }
}
