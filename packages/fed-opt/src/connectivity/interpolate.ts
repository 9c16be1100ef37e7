import { add, mapParams, multiply, reshape, type Params } from '@lemanic/tensor-core'
import type { LayerGroup } from './layer-groups.js'
import { mixOf, shareOf, type Base, type Mix } from './mix.js'
import { modelPair, type ModelPair, type ModelPairOptions } from './model-pair.js'

export interface InterpolateOptions extends Omit<ModelPairOptions, 'layers'> {
  /** The layers that move, by name or position; the others stay those of the base. Default: all. */
  readonly layers?: readonly (string | number)[]
  /** Default `a`. */
  readonly base?: Base
  /** What a layer is. Default: `layerGroups` of the names. */
  readonly groups?: readonly LayerGroup[]
}

/**
 * Moves a model, or some of its layers, towards another: (1 − α) · base + α · other. At α = 0 and 1 it is bit for bit one
 * of the two. What does not move shares the base's memory; the result is disposed like any other.
 *
 * Throws what `modelPair` and `mixOf` throw.
 */
export function interpolate(a: Params, b: Params, alpha: number, options: InterpolateOptions = {}): Params {
  const { layers, base, groups, ...rest } = options
  const pair = modelPair(a, b, { ...rest, ...(groups === undefined ? {} : { layers: groups }) })
  return applyMix(
    pair,
    mixOf(pair, { alpha, ...(layers === undefined ? {} : { layers }), ...(base === undefined ? {} : { base }) }),
  )
}

/** The parameters of one mix. */
export function applyMix(pair: ModelPair, mix: Mix): Params {
  return mapParams(pair.a, (a, name) => {
    const b = pair.b[name]!
    const share = shareOf(pair, mix, name)
    const direction = mix.shift?.direction[name]
    // an end is the model itself: no rounding, and infinities of the other leave no trace
    const value = share === 0 ? a : share === 1 ? b : add(multiply(a, 1 - share), multiply(b, share))
    if (direction !== undefined) return add(value, multiply(direction, mix.shift!.scale))
    return value === a || value === b ? reshape(value, value.shape) : value
  })
}
