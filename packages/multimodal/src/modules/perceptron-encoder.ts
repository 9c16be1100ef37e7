import { dropout, linear, relu, reshape, type Tensor } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { type EncoderFactory, joinState } from './encoder.js'
import { linearShapes, type ParameterShapes } from './parameter-shape.js'

export interface PerceptronEncoderOptions {
  /** Features of a sample. */
  readonly inputs: number
  /** Widths of the hidden layers, each with a rectifier. Default [32]. */
  readonly hidden?: readonly number[]
  /** Of what enters the first layer, 0 ≤ rate < 1; in training only. Default 0. */
  readonly dropout?: number
  /**
   * Where the state enters: beside the features (`first`, the reference code's encoder for MIMIC), or beside the last
   * hidden layer (`last`, its plain MLP encoder). Default `first`.
   */
  readonly stateAt?: 'first' | 'last'
  /** `relu` also rectifies the result, as the reference code's encoder for MIMIC does. Default `none`. */
  readonly outputActivation?: 'none' | 'relu'
}

/** A multi-layer perceptron for a vector of features. */
export function perceptronEncoder(options: PerceptronEncoderOptions): EncoderFactory {
  const { inputs, hidden = [32], dropout: rate = 0, stateAt = 'first', outputActivation = 'none' } = options
  if (!Number.isInteger(inputs) || inputs < 1)
    throw invalid('perceptronEncoder', `inputs: expected a whole number ≥ 1, got ${inputs}`)
  return ({ stateSize, outputSize }) => {
    const widths = [...hidden, outputSize]
    const last = widths.length - 1
    const shapes = widths.map((width, layer): ParameterShapes => {
      const own = layer === 0 ? inputs : widths[layer - 1]
      const takesState = layer === (stateAt === 'first' ? 0 : last)
      return linearShapes(`layers.${layer}`, own + (takesState ? stateSize : 0), width)
    })
    return {
      inputShape: [inputs],
      parameters: Object.assign({}, ...shapes) as ParameterShapes,
      encode(params, state, input, context) {
        let x: Tensor = reshape(input, [input.shape[0], inputs])
        widths.forEach((_, layer) => {
          if (layer === (stateAt === 'first' ? 0 : last)) x = joinState(x, state, stateSize)
          if (layer === 0 && context?.training === true) x = dropout(x, rate, context.key.foldIn('dropout'))
          x = linear(x, params[`layers.${layer}.weight`], params[`layers.${layer}.bias`])
          if (layer < last || outputActivation === 'relu') x = relu(x)
        })
        return x
      },
    }
  }
}
