import { conv2d, dropout, linear, maxPool2d, relu, reshape, type Tensor } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { applyHead, type EncoderFactory, headShapes } from './encoder.js'
import { linearShapes, type ParameterShapes } from './parameter-shape.js'

export interface ImageEncoderOptions {
  readonly height: number
  readonly width: number
  /** Default 1. */
  readonly channels?: number
  /** Filters of each convolution, which is followed by a rectifier and a 2 × 2 maximum. Default [16, 32]. */
  readonly filters?: readonly number[]
  /** Side of a filter. Default 3. */
  readonly kernel?: number
  /** Width of the layer after the convolutions. Default 32. */
  readonly hidden?: number
  /** Of that layer's input; in training only. Default 0. */
  readonly dropout?: number
}

/** A convolutional net for images [height, width, channels]. */
export function imageEncoder(options: ImageEncoderOptions): EncoderFactory {
  const { height, width, channels = 1, filters = [16, 32], kernel = 3, hidden = 32, dropout: rate = 0 } = options
  const shrunk = (size: number): number => filters.reduce((length) => Math.floor(length / 2), size)
  const [rows, columns] = [shrunk(height), shrunk(width)]
  if (filters.length === 0 || rows < 1 || columns < 1) {
    throw invalid(
      'imageEncoder',
      `expected one or more layers of filters that leave something of ${height} × ${width} when each halves it, got ${filters.length}`,
    )
  }
  const flat = rows * columns * filters[filters.length - 1]
  const convolutions = filters.map((count, layer): ParameterShapes => {
    const inner = layer === 0 ? channels : filters[layer - 1]
    const uniform = Math.sqrt(6 / (kernel * kernel * inner)) // He
    return {
      [`filters.${layer}.weight`]: { shape: [kernel, kernel, inner, count], start: { uniform } },
      [`filters.${layer}.bias`]: { shape: [count], start: 0 },
    }
  })
  return (sizes) => ({
    inputShape: [height, width, channels],
    parameters: Object.assign({}, ...convolutions, linearShapes('hidden', flat, hidden), headShapes(hidden, sizes)),
    encode(params, state, input, context) {
      let x: Tensor = reshape(input, [input.shape[0], height, width, channels])
      filters.forEach((_, layer) => {
        x = maxPool2d(
          conv2d(x, params[`filters.${layer}.weight`], {
            padding: 'same',
            bias: params[`filters.${layer}.bias`],
            activation: 'relu',
          }),
          2,
        )
      })
      x = reshape(x, [input.shape[0], flat])
      if (context?.training === true) x = dropout(x, rate, context.key.foldIn('dropout'))
      x = relu(linear(x, params['hidden.weight'], params['hidden.bias']))
      return applyHead(params, x, state, sizes.stateSize)
    },
  })
}
