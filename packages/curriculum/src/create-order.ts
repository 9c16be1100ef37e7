import { LemanicError } from '@lemanic/tensor-core'
import { blockShuffleOrder } from './block-shuffle.js'
import type { DataOrder, RandomOrderOptions } from './data-order.js'
import { flipFlopOrder } from './flip-flop.js'
import { gradientSortedOrder } from './gradient-sorted.js'
import type { GradientTable } from './gradient-table.js'
import { greedyHerdingOrder } from './greedy-herding.js'
import { incrementalGradientOrder } from './incremental-gradient.js'
import { labelSortedOrder } from './label-sorted.js'
import { meanBalanceOrder } from './mean-balance.js'
import { pairBalanceOrder } from './pair-balance.js'
import { randomReshufflingOrder } from './random-reshuffling.js'
import { recursiveBalanceOrder } from './recursive-balance.js'
import { singleShuffleOrder } from './single-shuffle.js'
import { weightedOrder } from './weighted.js'
import { withReplacementOrder } from './with-replacement.js'

/** Every order by name. */
export const orderNames = [
  'with-replacement',
  'incremental',
  'label-sorted',
  'gradient-sorted',
  'single-shuffle',
  'random-reshuffling',
  'flip-flop',
  'block-shuffle',
  'weighted',
  'greedy-herding',
  'mean-balance',
  'pair-balance',
  'recursive-balance',
] as const

export type OrderName = (typeof orderNames)[number]

/** What orders by name may need; each takes what it uses. */
export interface CreateOrderOptions extends RandomOrderOptions {
  readonly name: OrderName
  /** For `incremental`. */
  readonly permutation?: ArrayLike<number>
  /** For `label-sorted`: one number a unit. */
  readonly labels?: ArrayLike<number>
  /** For `gradient-sorted`. */
  readonly gradients?: GradientTable
  /** For `weighted`: one number a unit. */
  readonly weights?: ArrayLike<number>
  /** For `block-shuffle`. */
  readonly blockSize?: number
  readonly bufferBlocks?: number
  /** For `recursive-balance`. */
  readonly depth?: number
}

const makers: Readonly<Record<OrderName, (options: CreateOrderOptions) => DataOrder>> = {
  'with-replacement': withReplacementOrder,
  incremental: incrementalGradientOrder,
  'label-sorted': (options) =>
    labelSortedOrder({ ...options, labels: needed(options, 'labels', options.labels, options.labels?.length) }),
  'gradient-sorted': (options) =>
    gradientSortedOrder({
      ...options,
      gradients: needed(options, 'gradients', options.gradients, options.gradients?.size),
    }),
  'single-shuffle': singleShuffleOrder,
  'random-reshuffling': randomReshufflingOrder,
  'flip-flop': flipFlopOrder,
  'block-shuffle': blockShuffleOrder,
  weighted: (options) =>
    weightedOrder({ ...options, weights: needed(options, 'weights', options.weights, options.weights?.length) }),
  'greedy-herding': greedyHerdingOrder,
  'mean-balance': meanBalanceOrder,
  'pair-balance': pairBalanceOrder,
  'recursive-balance': recursiveBalanceOrder,
}

/**
 * The order of a name, for programs that let their user choose one.
 *
 * Throws `LemanicError`: `unknown-order` with the names there are; `invalid-argument` when the order needs something that
 * was not given (labels, gradients, weights) or that is not of the data set's size.
 */
export function createOrder(options: CreateOrderOptions): DataOrder {
  const make = Object.hasOwn(makers, options.name) ? makers[options.name] : undefined
  if (make !== undefined) return make(options)
  throw new LemanicError(
    'unknown-order',
    `createOrder: expected the name of an order, got ${JSON.stringify(options.name)}`,
    { fields: { name: options.name, names: orderNames }, help: `there are: ${orderNames.join(', ')}` },
  )
}

function needed<Value>(
  { name, size }: CreateOrderOptions,
  option: string,
  value: Value | undefined,
  units: number | undefined,
): Value {
  if (value !== undefined && units === size) return value
  throw new LemanicError(
    'invalid-argument',
    `createOrder: the order "${name}" expects "${option}" for ${size} units, got ${value === undefined ? 'none' : `it for ${units}`}`,
    {
      fields: { name, option, size },
      help: `pass "${option}", or take an order that needs none, such as "single-shuffle"`,
    },
  )
}
