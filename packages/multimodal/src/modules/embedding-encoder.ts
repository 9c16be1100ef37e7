import { reshape, stopGradient, type Tensor } from '@lemanic/tensor-core'
import { applyHead, type EncoderFactory, headShapes } from './encoder.js'

export interface EmbeddingEncoderOptions {
  /** Width of the embedding. */
  readonly inputs: number
  /** Shape of a sample before `embed`. Default [inputs]: samples are embeddings already. */
  readonly inputShape?: readonly number[]
  /**
   * A frozen model, [B, …inputShape] → [B, inputs]: its parameters are its own, and no gradient reaches it. Default: none.
   */
  readonly embed?: (input: Tensor) => Tensor
}

/** Embeddings of a frozen model, given as data or made on the way, and one trained linear map of them and the state. */
export function embeddingEncoder(options: EmbeddingEncoderOptions): EncoderFactory {
  const { inputs, inputShape = [inputs], embed } = options
  return (sizes) => ({
    inputShape,
    parameters: headShapes(inputs, sizes),
    encode(params, state, input) {
      const embedded = embed === undefined ? input : stopGradient(embed(input))
      return applyHead(params, reshape(embedded, [input.shape[0], inputs]), state, sizes.stateSize)
    },
  })
}
