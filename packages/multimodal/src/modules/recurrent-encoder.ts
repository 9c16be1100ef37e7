import { concat, gruLayers, lstmLayers, recurrentLayers, slice, squeeze } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { applyHead, type EncoderFactory, headShapes } from './encoder.js'
import type { ParameterShapes } from './parameter-shape.js'

export interface RecurrentEncoderOptions {
  /** Numbers of one moment. */
  readonly features: number
  /** Default `gru`. */
  readonly cell?: 'gru' | 'lstm'
  /** Units. Default 32. */
  readonly hidden?: number
  /** Default 1. */
  readonly layers?: number
  /** Read the series backwards too. Default false. */
  readonly bidirectional?: boolean
}

/** A GRU or LSTM for series [time, features] of any length; the last layer's state after the last moment goes on. */
export function recurrentEncoder(options: RecurrentEncoderOptions): EncoderFactory {
  const { features, cell = 'gru', hidden = 32, layers = 1, bidirectional = false } = options
  if (!Number.isInteger(layers) || layers < 1)
    throw invalid('recurrentEncoder', `layers: expected a whole number ≥ 1, got ${layers}`)
  const gates = cell === 'lstm' ? 4 : 3
  const directions = bidirectional ? ['', '_reverse'] : ['']
  const uniform = 1 / Math.sqrt(hidden)
  const shapes: Record<string, ParameterShapes[string]> = {}
  for (let layer = 0; layer < layers; layer++) {
    const inner = layer === 0 ? features : hidden * directions.length
    for (const direction of directions) {
      const suffix = `l${layer}${direction}`
      shapes[`cell.weight_ih_${suffix}`] = { shape: [gates * hidden, inner], start: { uniform } }
      shapes[`cell.weight_hh_${suffix}`] = { shape: [gates * hidden, hidden], start: { uniform } }
      shapes[`cell.bias_ih_${suffix}`] = { shape: [gates * hidden], start: { uniform } }
      shapes[`cell.bias_hh_${suffix}`] = { shape: [gates * hidden], start: { uniform } }
    }
  }
  const width = hidden * directions.length
  return (sizes) => ({
    inputShape: [-1, features],
    parameters: { ...shapes, ...headShapes(width, sizes) },
    encode(params, state, input) {
      const stack = recurrentLayers(params, 'cell.')
      const { hidden: states } = cell === 'lstm' ? lstmLayers(input, stack) : gruLayers(input, stack)
      const first = (layers - 1) * directions.length // [layers · directions, B, hidden]
      const lasts = directions.map((_, at) => squeeze(slice(states, [[first + at, first + at + 1]]), 0))
      return applyHead(params, concat(lasts), state, sizes.stateSize)
    },
  })
}
