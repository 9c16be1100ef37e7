import { LemanicError, type Sampler } from '@lemanic/tensor-core'
import { createOrder, type CreateOrderOptions, type OrderName } from './create-order.js'
import { fixedBatches } from './fixed-batches.js'
import { orderSampler, type PartialBatch } from './order-sampler.js'

/** Options of `createOrderSampler`: the order by name, and the batches. */
export interface CreateOrderSamplerOptions<Batch>
  extends Omit<CreateOrderOptions, 'name' | 'permutation' | 'gradients'> {
  /** Default `random-reshuffling`, what samplers usually do. */
  readonly order?: OrderName | undefined
  /** Examples in a batch, 1 … size. */
  readonly batchSize: number
  readonly batch: (indices: Int32Array) => Batch
  /** As for `orderSampler`; default `drop`. Orders that learn have fixed batches, and carry nothing over. */
  readonly partial?: PartialBatch
}

const learningOrders: readonly OrderName[] = ['greedy-herding', 'mean-balance', 'pair-balance', 'recursive-balance']

/** Orders that `createOrderSampler` can make of a data set of which nothing but its size is known. */
export const samplerOrderNames = [
  'random-reshuffling',
  'single-shuffle',
  'with-replacement',
  'incremental',
  'flip-flop',
  'block-shuffle',
  ...learningOrders,
] as const satisfies readonly OrderName[]

/**
 * The sampler of an order by name: one call by which a program lets its user choose the order of its data.
 *
 * Orders that do not learn visit examples. Those that learn visit batches, which are cut once at random
 * (`key.foldIn('batches')`) and whose gradients `train` tells.
 *
 * Throws `LemanicError` as `createOrder`, `fixedBatches` and `orderSampler` do; `unknown-order` for a name that is none,
 * or that needs more than is known here (`gradient-sorted`).
 */
export function createOrderSampler<Batch>(options: CreateOrderSamplerOptions<Batch>): Sampler<Batch> {
  const { order: name = 'random-reshuffling', size, batchSize, key, batch, partial = 'drop' } = options
  if (name === 'gradient-sorted') {
    throw new LemanicError(
      'unknown-order',
      `createOrderSampler: the order "gradient-sorted" needs the gradients of all units, which are not known here`,
      {
        fields: { name, names: samplerOrderNames },
        help: 'make it with gradientSortedOrder and pass it to orderSampler',
      },
    )
  }
  if (learningOrders.includes(name)) {
    const batches = fixedBatches({
      size,
      batchSize,
      key: key.foldIn('batches'),
      partial: partial === 'keep' ? 'keep' : 'drop',
    })
    return orderSampler(createOrder({ ...options, name, size: batches.length }), { batches, batch })
  }
  return orderSampler(createOrder({ ...options, name }), { batchSize, batch, partial })
}
