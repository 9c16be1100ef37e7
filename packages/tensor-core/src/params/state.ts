import { argumentError } from '../errors.js'
import type { Tensor } from '../tensor.js'
import type { Params } from './params.js'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** What anything that has to be resumed keeps: optimizers, samplers, reducers. Both parts go into a checkpoint. */
export interface State {
  readonly json: Json
  readonly tensors: Params
}

export const emptyState: State = Object.freeze({ json: null, tensors: Object.freeze({}) })

/** One state from several: JSON in a list, tensors under `0.`, `1.`, … */
export function joinStates(states: readonly State[]): State {
  const tensors: Record<string, Tensor> = {}
  states.forEach((state, i) => {
    for (const [name, value] of Object.entries(state.tensors)) tensors[`${i}.${name}`] = value
  })
  return { json: states.map(({ json }) => json), tensors }
}

/** The states that `joinStates` joined; throws when there are not `count` of them. */
export function splitState(state: State, count: number, where: string): State[] {
  const { json } = state
  if (!Array.isArray(json) || json.length !== count) {
    throw argumentError(
      where,
      `expected the state of ${count} parts, got ${Array.isArray(json) ? `${json.length} parts` : JSON.stringify(json)}`,
      {
        help: 'a state fits only the composition that made it',
      },
    )
  }
  const tensors = Array.from({ length: count }, (): Record<string, Tensor> => ({}))
  for (const [name, value] of Object.entries(state.tensors)) {
    const dot = name.indexOf('.')
    const part = tensors[Number(name.slice(0, dot))]
    if (dot < 1 || part === undefined)
      throw argumentError(where, `unexpected tensor "${name}" in the state of ${count} parts`)
    part[name.slice(dot + 1)] = value
  }
  return tensors.map((part, i) => ({ json: (json as readonly Json[])[i] as Json, tensors: part }))
}
