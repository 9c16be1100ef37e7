import { randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import { argumentError, checkWhole } from '../refuse.js'
import { scan, type LayerSet, type Scan, type ScanOptions } from './barrier.js'
import type { MixEvaluator } from './evaluator.js'
import type { ModelPair } from './model-pair.js'

/** Each layer by itself. */
export function layerSets(pair: ModelPair): LayerSet[] {
  return pair.layers.map(({ name }, index) => ({ name, layers: [index] }))
}

/** Runs of `width` neighbouring layers: one set for each place where they fit. */
export function windowSets(pair: ModelPair, width: number): LayerSet[] {
  checkWhole('windowSets', 'width', width, 1, pair.layers.length)
  return Array.from({ length: pair.layers.length - width + 1 }, (_, start) => {
    const layers = Array.from({ length: width }, (_, i) => start + i)
    const names = [layers[0]!, layers[width - 1]!].map((index) => pair.layers[index]!.name)
    return { name: width === 1 ? names[0]! : names.join('…'), layers }
  })
}

/**
 * The order in which layers join a growing set: from the input (`shallow`), from the output (`deep`), both ends first and
 * the middle last (`outer-first`), the middle first (`inner-first`), random from a key, or positions of your own.
 */
export type LayerOrder =
  | 'shallow'
  | 'deep'
  | 'outer-first'
  | 'inner-first'
  | { readonly random: RandomKey }
  | readonly number[]

/** Positions of all layers in an order. */
export function orderLayers(count: number, order: LayerOrder): number[] {
  const ascending = Array.from({ length: count }, (_, index) => index)
  if (order === 'shallow') return ascending
  if (order === 'deep') return ascending.reverse()
  if (order === 'outer-first' || order === 'inner-first') {
    const outer = ascending.map((i) => (i % 2 === 0 ? i / 2 : count - (i + 1) / 2))
    return order === 'outer-first' ? outer : outer.reverse()
  }
  if (typeof order === 'object' && 'random' in order) return Array.from(randomPermutation(order.random, count))
  if (!Array.isArray(order))
    throw argumentError(
      'orderLayers',
      `order: expected shallow, deep, outer-first, inner-first, { random } or positions, got ${String(order)}`,
    )
  const positions = order as readonly number[]
  if (positions.length !== count || [...positions].sort((x, y) => x - y).some((position, i) => position !== i))
    throw argumentError('orderLayers', `order: expected each of 0 … ${count - 1} once, got [${positions.join(', ')}]`)
  return [...positions]
}

/** The first 1, 2, … all layers of an order. */
export function cumulativeSets(pair: ModelPair, order: LayerOrder): LayerSet[] {
  const positions = orderLayers(pair.layers.length, order)
  return positions.map((_, last) => ({ name: `first ${last + 1}`, layers: positions.slice(0, last + 1) }))
}

/** Barriers of single layers. */
export function layerScan(evaluator: MixEvaluator, pair: ModelPair, options?: ScanOptions): Scan {
  return scan(evaluator, pair, layerSets(pair), options)
}

/** Barriers of groups of layers of your own. */
export function groupScan(
  evaluator: MixEvaluator,
  pair: ModelPair,
  options: ScanOptions & { readonly groups: readonly LayerSet[] },
): Scan {
  const { groups, ...rest } = options
  return scan(evaluator, pair, groups, rest)
}

/** Barriers of windows of one size: which part of a network makes the barrier, at equal numbers of layers. */
export function windowScan(
  evaluator: MixEvaluator,
  pair: ModelPair,
  options: ScanOptions & { readonly width: number },
): Scan {
  const { width, ...rest } = options
  return scan(evaluator, pair, windowSets(pair, width), rest)
}

/** Barriers of growing sets; the last entry is the whole model. */
export function cumulativeScan(
  evaluator: MixEvaluator,
  pair: ModelPair,
  options: ScanOptions & { readonly order: LayerOrder },
): Scan {
  const { order, ...rest } = options
  return scan(evaluator, pair, cumulativeSets(pair, order), rest)
}
