import {
  emptyState,
  mapParams,
  randomKey,
  reshape,
  scope,
  type Json,
  type Params,
  type RandomKey,
  type Reducer,
  type Stacked,
  type Tensor,
} from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import { paramsAt, paramsOf, paramsRows } from '../rows/params-rows.js'
import { equalWeights, indicesTo, normalized, type Rows } from '../rows/rows.js'
import { vectorRows } from '../rows/vector-rows.js'
import type { Aggregation, AggregationContext, Aggregator, RowsState } from './aggregator.js'

export interface AggregateOptions {
  /** Share of each row; divided by their sum. Default: equal. */
  readonly weights?: ArrayLike<number>
  /** For rules that draw. Default: `randomKey(0)`. */
  readonly key?: RandomKey
}

/** The context of a single call: no history, senders in order. */
export function contextOf(
  count: number,
  options: AggregateOptions & Partial<Pick<AggregationContext, 'round' | 'state' | 'senders'>> = {},
): AggregationContext {
  const { weights, key = randomKey(0), round = 0, state = {}, senders = indicesTo(count) } = options
  if (weights !== undefined) {
    const values = Array.from(weights)
    if (values.length !== count || values.some((w) => !(w >= 0 && w < Infinity)) || !values.some((w) => w > 0))
      throw argumentError('weights', `expected ${count} numbers ≥ 0, not all 0, got [${values.join(', ')}]`)
  }
  return { key, round, weights: weights === undefined ? equalWeights(count) : normalized(weights), state, senders }
}

/** Applies a rule to rows, after asking it whether it can. */
export function applyAggregator(aggregator: Aggregator, points: Rows, context: AggregationContext): Aggregation {
  aggregator.check?.(points.count)
  return aggregator.aggregate(points, context)
}

/** Aggregates bare vectors, in float64: `aggregateVectors(krum({ byzantine: 1 }), [[1, 2], …])`. */
export function aggregateVectors(
  aggregator: Aggregator,
  vectors: readonly ArrayLike<number>[],
  options: AggregateOptions = {},
): Float64Array {
  const points = vectorRows(vectors)
  return applyAggregator(aggregator, points, contextOf(points.count, options)).value.toVectors()[0]!
}

/** Aggregates parameters or gradients: a list of one structure, or stacked ones. */
export function aggregateParams(
  aggregator: Aggregator,
  params: readonly Params[] | Stacked,
  options: AggregateOptions = {},
): Params {
  return scope(() => {
    const points = paramsRows(params)
    return paramsAt(applyAggregator(aggregator, points, contextOf(points.count, options)).value, 0)
  })
}

/** The aggregator as a `Reducer` of the training loop, with its history in the reducer's state. One process only. */
export function aggregatorReducer(aggregator: Aggregator): Reducer {
  return {
    reduce(local, { collectives, state, key, step }) {
      if (collectives.worldSize > 1) {
        throw argumentError(
          'aggregatorReducer',
          `expected all workers in one process, got ${collectives.worldSize} ranks`,
          {
            help: 'a robust rule has to see every row: gather them first, or simulate the workers in one process',
          },
        )
      }
      return Promise.resolve(
        scope(() => {
          const points = paramsRows(local)
          const context = contextOf(points.count, { key, round: step, state: loadRows(state.tensors) })
          const { value, state: next, telemetry } = applyAggregator(aggregator, points, context)
          const tensors = copies(saveRows(next ?? {}))
          return {
            reduced: paramsAt(value, 0),
            state: next === undefined ? emptyState : { json: null, tensors },
            ...(telemetry === undefined ? {} : { telemetry: telemetry as Readonly<Record<string, Json>> }),
          }
        }),
      )
    },
  }
}

const separator = '/'

function saveRows(state: RowsState): Params {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, rows]) =>
      Object.entries(paramsOf(rows)).map(([part, value]) => [`${name}${separator}${part}`, value]),
    ),
  )
}

function loadRows(tensors: Params): RowsState {
  const groups: Record<string, Record<string, Tensor>> = {}
  for (const [name, value] of Object.entries(tensors)) {
    const at = name.indexOf(separator)
    ;(groups[name.slice(0, at)] ??= {})[name.slice(at + 1)] = value
  }
  return Object.fromEntries(Object.entries(groups).map(([name, stacked]) => [name, paramsRows(stacked)]))
}

/** New tensors, so that the state shares none with the result. */
const copies = (params: Params): Params => mapParams(params, (value) => reshape(value, value.shape))
