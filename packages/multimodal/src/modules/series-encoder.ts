import { concat, conv1d, max, mean, relu, type Tensor } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { applyHead, type EncoderFactory, headShapes } from './encoder.js'
import type { ParameterShapes } from './parameter-shape.js'

export interface SeriesEncoderOptions {
  /** Numbers of one moment. */
  readonly features: number
  /** Filters of each convolution. Default [16, 32]. */
  readonly filters?: readonly number[]
  /** Moments that a filter sees. Default 3. */
  readonly kernel?: number
}

/** Convolutions over time for series [time, features] of any length; their mean and maximum over time go on. */
export function seriesEncoder(options: SeriesEncoderOptions): EncoderFactory {
  const { features, filters = [16, 32], kernel = 3 } = options
  if (filters.length === 0) throw invalid('seriesEncoder', 'filters: expected at least one layer, got none')
  const convolutions = filters.map((count, layer): ParameterShapes => {
    const inner = layer === 0 ? features : filters[layer - 1]
    return {
      [`filters.${layer}.weight`]: {
        shape: [kernel, inner, count],
        start: { uniform: Math.sqrt(6 / (kernel * inner)) },
      },
      [`filters.${layer}.bias`]: { shape: [count], start: 0 },
    }
  })
  const last = filters[filters.length - 1]
  return (sizes) => ({
    inputShape: [-1, features],
    parameters: Object.assign({}, ...convolutions, headShapes(2 * last, sizes)),
    encode(params, state, input) {
      let x: Tensor = input
      filters.forEach((_, layer) => {
        x = relu(
          conv1d(x, params[`filters.${layer}.weight`], { padding: 'same', bias: params[`filters.${layer}.bias`] }),
        )
      })
      return applyHead(params, concat([mean(x, 1), max(x, 1)]), state, sizes.stateSize)
    },
  })
}
