import { zerosLike } from '../operations/creation.js'
import { reshape } from '../operations/shaping.js'
import { mapParams, type Params } from './params.js'

/** Number of elements. */
export function countParams(params: Params): number {
  return Object.values(params).reduce((total, { size }) => total + size, 0)
}

/** Bytes that the elements take. */
export function bytesOfParams(params: Params): number {
  return Object.values(params).reduce((total, { bytes }) => total + bytes, 0)
}

/** Zeros of the same names, shapes and dtypes. */
export function zerosLikeParams(params: Params): Params {
  return mapParams(params, (value) => zerosLike(value))
}

/** New tensors with the same values. Tensors never change, so that the memory is shared until both are disposed. */
export function cloneParams(params: Params): Params {
  return mapParams(params, (value) => reshape(value, value.shape))
}

/** Gives all memory back; harmless when repeated. */
export function disposeParams(params: Params): void {
  for (const value of Object.values(params)) value.dispose()
}
