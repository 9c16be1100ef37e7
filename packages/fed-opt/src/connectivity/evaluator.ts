import type { Mix } from './mix.js'
import type { ModelPair } from './model-pair.js'

/** What is measured of a model, for example `{ loss, error }`. */
export type Measures = Readonly<Record<string, number>>

/**
 * Measures mixes of two models. `singleEvaluator` takes any model, one mix after another; `stackedEvaluator` a model that
 * computes many sets of parameters at once; `stagedEvaluator` a chain of layers, and computes what mixes have in common
 * once.
 */
export interface MixEvaluator {
  /** One result a mix, in order, each with the same names. Leaves no tensor behind. */
  evaluate(pair: ModelPair, mixes: readonly Mix[]): Measures[]
}

/** Measures each distinct mix once. */
export function evaluateDistinct(
  pair: ModelPair,
  mixes: readonly Mix[],
  evaluate: (distinct: readonly Mix[]) => readonly Measures[],
): Measures[] {
  const identify = mixIdentifier(pair)
  const places = new Map<string, number>()
  const distinct: Mix[] = []
  const at = mixes.map((mix) => {
    const name = identify(mix)
    let place = places.get(name)
    if (place === undefined) {
      place = distinct.push(mix) - 1
      places.set(name, place)
    }
    return place
  })
  const results = evaluate(distinct)
  return at.map((place) => results[place]!)
}

/** Names mixes so that two have the same name only if they are the same in the given parameters (default: all). */
export function mixIdentifier(pair: ModelPair, names: readonly string[] = Object.keys(pair.a)): (mix: Mix) => string {
  const layers = [...new Set(names.map((name) => pair.layerOf[name]!))]
  const hasBase = pair.statistics === 'base' && names.some((name) => pair.isStatistic(name))
  const directions = new Map<unknown, number>()
  return ({ shares, base, shift }) => {
    const parts = layers.map((layer) => shares[layer]).join()
    const isShifted = shift !== undefined && names.some((name) => shift.direction[name] !== undefined)
    if (isShifted && !directions.has(shift.direction)) directions.set(shift.direction, directions.size)
    const moved = isShifted ? `|${directions.get(shift.direction)} ${shift.scale}` : ''
    return `${parts}${hasBase ? base : ''}${moved}`
  }
}
