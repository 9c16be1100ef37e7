// Shapley values of modalities over orders of arrival (Shapley 1953; as averages over permutations: Castro et al. 2009).
//
//     φᵢ = mean over orders π of  f(what comes up to i in π) − f(what comes before i in π)
//
// f the model's score (log-odds) of a sample. A model that takes all modalities at once has one score for each set, and φ
// is the classic value. MultiModN's score depends on the order within the set, too: the average runs over orders, and
// `spread` says how much the order matters. Either way Σ φᵢ is the mean over orders of f(all) − f(nothing).

import { type Params, randomPermutation, type RandomKey } from '@lemanic/tensor-core'
import type { MultimodalData } from '../data/multimodal-data.js'
import type { FusionModel } from '../fusion/fusion-model.js'
import { invalid } from '../names.js'
import { contributions } from './contributions.js'
import { predictGrid } from './prediction-grid.js'

export interface ShapleyOptions {
  readonly model: FusionModel
  readonly params: Params
  readonly data: MultimodalData
  readonly task: string
  /** Class, label or interval. Default 0. */
  readonly output?: number
  /** `all` (modalities! of them; at most 6 modalities), or so many random ones, which need `key`. Default `all`. */
  readonly orders?: 'all' | number
  readonly key?: RandomKey
  readonly batchSize?: number
}

export interface ShapleyValues {
  /** By modality [count]: φ. 0 where it is missing. */
  readonly of: Readonly<Record<string, Float64Array>>
  /** By modality [count]: standard deviation over orders of its contribution; 0 where its place does not matter. */
  readonly spread: Readonly<Record<string, Float64Array>>
  /** Score before any modality, [count]. */
  readonly start: Float64Array
  /** Score after all, mean over orders, [count], and its standard deviation: how much the order matters for the prediction. */
  readonly final: Float64Array
  readonly finalSpread: Float64Array
  /** Orders that were looked at. */
  readonly orders: number
}

/** Shapley values of the modalities of every sample; see the head of this file. */
export async function shapleyOverOrders(options: ShapleyOptions): Promise<ShapleyValues> {
  const { model, params, data, task, output = 0, batchSize } = options
  const orders = ordersOf(model.modalities, options)
  const count = data.rows
  const moments = (): { sum: Float64Array; squares: Float64Array } => ({
    sum: new Float64Array(count),
    squares: new Float64Array(count),
  })
  const byModality = Object.fromEntries(model.modalities.map((name) => [name, moments()]))
  const finals = moments()
  let start = new Float64Array(count)
  for (const order of orders) {
    const grid = await predictGrid({ model, params, data, order, ...(batchSize === undefined ? {} : { batchSize }) })
    const found = contributions(grid, { task, output })
    start = Float64Array.from(found.start)
    collect(finals, found.final)
    for (const name of model.modalities) collect(byModality[name], found.of[name])
  }
  const mean = ({ sum }: { sum: Float64Array }): Float64Array => sum.map((value) => value / orders.length)
  const deviation = ({ sum, squares }: { sum: Float64Array; squares: Float64Array }): Float64Array =>
    sum.map((value, at) => Math.sqrt(Math.max(0, squares[at] / orders.length - (value / orders.length) ** 2)))
  return {
    of: Object.fromEntries(Object.entries(byModality).map(([name, own]) => [name, mean(own)])),
    spread: Object.fromEntries(Object.entries(byModality).map(([name, own]) => [name, deviation(own)])),
    start,
    final: mean(finals),
    finalSpread: deviation(finals),
    orders: orders.length,
  }
}

function collect({ sum, squares }: { sum: Float64Array; squares: Float64Array }, values: Float64Array): void {
  for (let at = 0; at < values.length; at++) {
    sum[at] += values[at]
    squares[at] += values[at] ** 2
  }
}

function ordersOf(names: readonly string[], { orders = 'all', key }: ShapleyOptions): string[][] {
  if (orders === 'all') {
    if (names.length > 6)
      throw invalid(
        'shapleyOverOrders',
        `orders "all": expected at most 6 modalities, got ${names.length}`,
        'give a number of random orders and a key',
      )
    return permutations(names)
  }
  if (!Number.isInteger(orders) || orders < 1)
    throw invalid('shapleyOverOrders', `orders: expected "all" or a whole number ≥ 1, got ${orders}`)
  if (key === undefined) throw invalid('shapleyOverOrders', 'expected a key for random orders, got none')
  return Array.from({ length: orders }, (_, at) =>
    Array.from(randomPermutation(key.foldIn(at), names.length), (index) => names[index]),
  )
}

/** All orders of some names. */
export function permutations(names: readonly string[]): string[][] {
  if (names.length <= 1) return [[...names]]
  return names.flatMap((first, at) =>
    permutations(names.filter((_, index) => index !== at)).map((rest) => [first, ...rest]),
  )
}
