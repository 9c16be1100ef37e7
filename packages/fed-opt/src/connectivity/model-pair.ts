import { checkSameStructure, type Params } from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import { layerGroups, type LayerGroup } from './layer-groups.js'

/** Where running statistics of norm layers come from in a mix: mixed with their layer, or those of the base model. */
export type StatisticsPolicy = 'mix' | 'base'

/** Two models of one structure, and the layers by which they are mixed. */
export interface ModelPair {
  readonly a: Params
  readonly b: Params
  /** Every parameter is in exactly one of them. */
  readonly layers: readonly LayerGroup[]
  /** Position in `layers` of every parameter. */
  readonly layerOf: Readonly<Record<string, number>>
  readonly isStatistic: (name: string) => boolean
  readonly statistics: StatisticsPolicy
}

export interface ModelPairOptions {
  /** Default: `layerGroups` of the names. */
  readonly layers?: readonly LayerGroup[]
  /**
   * Which parameters are running statistics (means and variances of batch norm), which no gradient trains. Default: names
   * whose last part is `runningMean`, `runningVariance`, `running_mean` or `running_var`.
   */
  readonly isStatistic?: (name: string) => boolean
  /**
   * Default `mix`, which is what averaging a state dict does. Neither policy gives the statistics of the mixed network:
   * for these see `recomputeStatistics`.
   */
  readonly statistics?: StatisticsPolicy
}

const statisticNames = /(^|\.)(runningMean|runningVariance|running_mean|running_var)$/

/**
 * Checks that two models can be mixed, and says by which layers.
 *
 * Throws `LemanicError`: `invalid-params` when names or shapes differ; `invalid-argument` for a parameter in no layer or
 * in two, for a layer with an unknown parameter, and for parameters that are not float32.
 */
export function modelPair(a: Params, b: Params, options: ModelPairOptions = {}): ModelPair {
  const names = Object.keys(a)
  const { layers = layerGroups(names), isStatistic = (name) => statisticNames.test(name), statistics = 'mix' } = options
  checkSameStructure(a, b, { where: 'modelPair', got: 'model b' })
  const layerOf: Record<string, number> = {}
  layers.forEach(({ name: layer, keys }, index) => {
    for (const key of keys) {
      if (!Object.hasOwn(a, key))
        throw argumentError('modelPair', `layers: "${layer}" holds "${key}", which is no parameter of the models`)
      if (Object.hasOwn(layerOf, key))
        throw argumentError(
          'modelPair',
          `layers: "${key}" is in "${layers[layerOf[key]!]!.name}" and in "${layer}"; expected one layer for each`,
        )
      layerOf[key] = index
    }
  })
  for (const name of names) {
    if (!Object.hasOwn(layerOf, name)) {
      throw argumentError('modelPair', `layers: "${name}" is in none of them`, {
        help: 'leave layers out, or add it to one (layerGroups of all names makes them)',
      })
    }
    if (a[name]!.dtype !== 'float32')
      throw argumentError('modelPair', `"${name}": expected float32, got ${a[name]!.dtype}`, {
        help: 'cast the parameters before',
      })
  }
  if (statistics !== 'mix' && statistics !== 'base')
    throw argumentError('modelPair', `statistics: expected "mix" or "base", got ${String(statistics)}`)
  return { a, b, layers, layerOf, isStatistic, statistics }
}

/** Positions of layers that are named, or given by position; all of them when left out. */
export function layerIndices(pair: ModelPair, layers?: readonly (string | number)[]): number[] {
  if (layers === undefined) return pair.layers.map((_, index) => index)
  return layers.map((layer) => {
    const index = typeof layer === 'number' ? layer : pair.layers.findIndex(({ name }) => name === layer)
    if (Number.isInteger(index) && index >= 0 && index < pair.layers.length) return index
    throw argumentError('connectivity', `layers: there is no layer ${JSON.stringify(layer)}`, {
      help: `layers are ${pair.layers.map(({ name }) => name).join(', ')}, or their positions from 0`,
    })
  })
}
