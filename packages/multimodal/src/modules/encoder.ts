import { concat, type Context, linear, type Params, type Tensor } from '@lemanic/tensor-core'
import { linearShapes, type ParameterShapes } from './parameter-shape.js'

/** Encodes one modality: the state and a sample of the modality become what the state should be. One method. */
export interface Encoder {
  /** What it learns, by name. */
  readonly parameters: ParameterShapes
  /** Shape of one sample; −1 for a length that may vary from batch to batch. */
  readonly inputShape: readonly number[]
  /**
   * @param params Its own parameters, named as in `parameters`.
   * @param state [B, stateSize]; in models without a state stateSize is 0, and it is not to be looked at.
   * @param input [B, …inputShape]; zeros for a missing sample, whose result is dropped.
   * @returns [B, outputSize]
   */
  encode(params: Params, state: Tensor, input: Tensor, context?: Context): Tensor
}

export interface EncoderSizes {
  /** Width of the state that comes in; 0 in parallel, late and gated fusion, which have none. */
  readonly stateSize: number
  /** Width of what goes out: of the state, or of an embedding. */
  readonly outputSize: number
}

/** What users write and models call: an encoder for the sizes of a model. */
export type EncoderFactory = (sizes: EncoderSizes) => Encoder

/** Joins features [B, width] and the state [B, stateSize], where there is one. */
export function joinState(features: Tensor, state: Tensor, stateSize: number): Tensor {
  return stateSize === 0 ? features : concat([features, state])
}

/** Shapes of the last layer of an encoder: features and state to the new state. */
export function headShapes(features: number, { stateSize, outputSize }: EncoderSizes): ParameterShapes {
  return linearShapes('head', features + stateSize, outputSize)
}

/** The last layer of an encoder: a linear map of features and state. */
export function applyHead(params: Params, features: Tensor, state: Tensor, stateSize: number): Tensor {
  return linear(joinState(features, state, stateSize), params['head.weight'], params['head.bias'])
}
