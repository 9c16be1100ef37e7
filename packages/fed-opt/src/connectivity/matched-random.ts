import { dispose, mapParams, multiply, randomNormal, scope, type Params, type RandomKey } from '@lemanic/tensor-core'
import { argumentError, checkWhole } from '../refuse.js'
import type { LayerSet } from './barrier.js'
import type { LayerGroup } from './layer-groups.js'
import { layerDistances, normOf } from './distances.js'
import type { Measures, MixEvaluator } from './evaluator.js'
import { layerSets } from './layer-sets.js'
import { mixOf, type Base, type Mix } from './mix.js'
import { layerIndices, type ModelPair } from './model-pair.js'

export interface MatchedRandomOptions {
  readonly key: RandomKey
  /** Default: every layer by itself. */
  readonly sets?: readonly LayerSet[]
  /** Directions for each set, ≥ 1. Default 5. */
  readonly draws?: number
  /** Parts of the distance between the models. Default [0.5]. */
  readonly alphas?: readonly number[]
  /** Default both. */
  readonly bases?: readonly Base[]
  /**
   * Another direction in the parameters of one layer, of any length but 0: draws of a training subspace, for example. It is
   * brought to the layer's distance. Default: standard normal.
   */
  readonly direction?: (layer: LayerGroup, key: RandomKey) => Params
}

export interface RandomControl {
  readonly name: string
  readonly layers: readonly string[]
  readonly points: readonly {
    readonly base: Base
    readonly alpha: number
    /** One for each direction. */
    readonly draws: readonly Measures[]
    readonly mean: Measures
    /** ε − ε(base), mean over the directions: beside `vsBase` of a scan. */
    readonly vsBase: Measures
  }[]
}

/**
 * The control of every barrier: the base moved not towards the other model but as far in random directions, the same for
 * both bases and all α. In each layer of a set the direction is u/‖u‖ · ‖W₁ − W₂‖ with u ~ N(0, I) and the norms those of
 * the layer. Running statistics do not move.
 *
 * Paper §5.1. Deviation: the reference code moves to α = ½ and 1 of one layer; here any set, layer by layer at equal norm.
 */
export function matchedRandom(
  evaluator: MixEvaluator,
  pair: ModelPair,
  options: MatchedRandomOptions,
): RandomControl[] {
  const { key, sets = layerSets(pair), draws = 5, alphas = [0.5], bases = ['a', 'b'], direction } = options
  checkWhole('matchedRandom', 'draws', draws, 1)
  if (alphas.length === 0) throw argumentError('matchedRandom', 'alphas: expected at least one, got none')
  const distances = layerDistances(trainable(pair)).map(({ distance }) => distance)
  const ends = bases.map((base) => mixOf(pair, { base, alpha: 0 }))
  const endMeasures = new Map(evaluator.evaluate(pair, ends).map((measures, i) => [bases[i]!, measures]))
  return sets.map(({ name, layers }) => {
    const indices = layerIndices(pair, layers)
    const directions = scope(() =>
      Array.from({ length: draws }, (_, draw) =>
        joined(
          indices.map((index) => {
            const own = key.foldIn(index).foldIn(draw)
            const noise = direction?.(pair.layers[index]!, own)
            return noise === undefined
              ? layerDirection(pair, index, distances[index]!, own)
              : withNorm(noise, distances[index]!)
          }),
        ),
      ),
    )
    try {
      const cells = bases.flatMap((base) => alphas.map((alpha) => ({ base, alpha })))
      const mixes: Mix[] = cells.flatMap(({ base, alpha }) =>
        directions.map((direction) => mixOf(pair, { base, alpha: 0, shift: { direction, scale: alpha } })),
      )
      const measured = evaluator.evaluate(pair, mixes)
      const points = cells.map(({ base, alpha }, cell) => {
        const own = measured.slice(cell * draws, (cell + 1) * draws)
        const mean = meanMeasures(own)
        const end = endMeasures.get(base)!
        const vsBase = Object.fromEntries(
          Object.entries(mean).map(([measure, value]) => [measure, value - end[measure]!]),
        )
        return { base, alpha, draws: own, mean, vsBase }
      })
      return { name, layers: indices.map((index) => pair.layers[index]!.name), points }
    } finally {
      dispose(directions)
    }
  })
}

/** A random direction in one layer, as long as `norm`; without statistics. */
export function layerDirection(pair: ModelPair, index: number, norm: number, key: RandomKey): Params {
  return scope(() => {
    const keys = pair.layers[index]!.keys.filter((name) => !pair.isStatistic(name))
    const noise = Object.fromEntries(
      keys.map((name) => {
        const { shape, backend } = pair.a[name]!
        return [name, randomNormal(key.foldIn(name), shape, { backend })]
      }),
    )
    return withNorm(noise, norm)
  })
}

function withNorm(direction: Params, norm: number): Params {
  const length = normOf(direction)
  return mapParams(direction, (value) => multiply(value, length === 0 ? 0 : norm / length))
}

function joined(parts: readonly Params[]): Params {
  return Object.assign({}, ...parts) as Params
}

/** Layers without their statistics, so that distances are of what a direction moves. */
function trainable(pair: ModelPair): ModelPair {
  return {
    ...pair,
    layers: pair.layers.map(({ name, keys }) => ({ name, keys: keys.filter((key) => !pair.isStatistic(key)) })),
  }
}

export function meanMeasures(measured: readonly Measures[]): Measures {
  return Object.fromEntries(
    Object.keys(measured[0]!).map((name) => [
      name,
      measured.reduce((sum, measures) => sum + measures[name]!, 0) / measured.length,
    ]),
  )
}
