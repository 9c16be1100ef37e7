import { type Context, linear, type Params, relu, type Tensor } from '@lemanic/tensor-core'
import type { Task } from '../tasks/task.js'
import { linearShapes, type ParameterShapes } from './parameter-shape.js'

/** Reads one task's outputs off the state. One method. */
export interface Decoder {
  readonly task: Task
  /** What it learns, by name. */
  readonly parameters: ParameterShapes
  /** State [B, stateSize] → [B, task.outputs]. */
  decode(params: Params, state: Tensor, context?: Context): Tensor
}

/** What users write and models call: a decoder for a width of state. */
export type DecoderFactory = ((stateSize: number) => Decoder) & { readonly task: Task }

/** Makes a decoder of the user's own: `customDecoder(task, (stateSize) => ({ parameters, decode }))`. */
export function customDecoder(
  task: Task,
  build: (stateSize: number) => Pick<Decoder, 'parameters' | 'decode'>,
): DecoderFactory {
  return Object.assign((stateSize: number): Decoder => ({ task, ...build(stateSize) }), { task })
}

/**
 * A linear map of the state, after hidden layers with rectifiers where asked for.
 *
 * @param options.hidden Widths of the hidden layers. Default none.
 */
export function perceptronDecoder(
  task: Task,
  { hidden = [] }: { readonly hidden?: readonly number[] } = {},
): DecoderFactory {
  return customDecoder(task, (stateSize) => {
    const widths = [...hidden, task.outputs]
    const shapes = widths.map((width, layer) =>
      linearShapes(`layers.${layer}`, layer === 0 ? stateSize : widths[layer - 1], width),
    )
    return {
      parameters: Object.assign({}, ...shapes) as ParameterShapes,
      decode: (params, state) =>
        widths.reduce((x, _, layer) => {
          const out = linear(x, params[`layers.${layer}.weight`], params[`layers.${layer}.bias`])
          return layer < widths.length - 1 ? relu(out) : out
        }, state),
    }
  })
}
