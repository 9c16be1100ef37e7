import { LemanicError, type Params, type Sampler, type State, tensor } from '@lemanic/tensor-core'
import type { DataOrder, OrderState } from './data-order.js'

/** What happens to the last examples of an epoch when they do not fill a batch. */
export type PartialBatch = 'drop' | 'keep' | 'carry'

/** How an order becomes batches. */
export type OrderSamplerOptions<Batch> = {
  /** Makes the batch of some examples, given their indices. */
  readonly batch: (indices: Int32Array) => Batch
} & (
  | {
      /** Examples in a batch, 1 to the size of the data set: the order's units are examples. */
      readonly batchSize: number
      /**
       * `drop` (default) skips the last, smaller batch of an epoch, `keep` gives it, `carry` fills it from the next epoch.
       */
      readonly partial?: PartialBatch
    }
  | {
      /** The examples of each batch, see `fixedBatches`: the order's units are these batches. */
      readonly batches: readonly ArrayLike<number>[]
    }
)

/**
 * A sampler for `train` that visits the data in the given order, example by example or batch by batch.
 *
 * An order that learns gets its gradients from `train` by itself; since that knows one gradient a step, its units must be
 * batches (or batches of one example), one a step. State: the order's, and the place in the epoch; the arrays of an order
 * that learns become tensors of the default backend. With a `randomReshufflingOrder` it gives the batches of tensor-core's
 * `randomReshuffling` for the same key.
 *
 * Throws `LemanicError` (`invalid-argument`) for impossible options, and from `observe` when a step took several units.
 */
export function orderSampler<Batch>(order: DataOrder, options: OrderSamplerOptions<Batch>): Sampler<Batch> {
  const { batch } = options
  const { batchSize, partial, batches } = checkOptions(order, options)
  const own = order.size / order.worldSize // units of this rank in an epoch; whole unless batches are carried over
  const usable = partial === 'drop' ? own - (own % batchSize) : own
  let taken = 0 // of this epoch; 0 throughout where batches are carried over
  let unseen: number[] = [] // units of this step, for an order that learns

  const indicesOf = (): Int32Array => {
    if (batches !== undefined) return Int32Array.from(batches[remember(order.next())]!)
    if (partial === 'carry') return Int32Array.from({ length: batchSize }, () => remember(order.next()))
    if (taken >= usable) {
      for (; taken < own; taken++) order.next()
      taken = 0
    }
    const indices = Int32Array.from({ length: Math.min(batchSize, usable - taken) }, () => remember(order.next()))
    taken += indices.length
    return indices
  }
  const remember = (unit: number): number => {
    if (order.learns) unseen.push(unit)
    return unit
  }

  return {
    next: () => batch(indicesOf()),
    ...(order.learns && {
      observe({ grads }: { readonly grads: Params }) {
        if (unseen.length !== 1) {
          throw new LemanicError(
            'invalid-argument',
            `orderSampler: the order "${order.kind}" learns from the gradient of each unit, and expected one unit a step, got ${unseen.length}`,
            {
              fields: { order: order.kind, units: unseen.length },
              help: 'train without accumulation and simulated workers, with batches as units: orderSampler(order, { batches: fixedBatches(…), batch })',
            },
          )
        }
        order.observe(unseen[0]!, flatten(grads))
        unseen = []
      },
    }),
    state() {
      const { json, arrays } = order.state()
      return {
        json: { order: json, taken, unseen },
        tensors: Object.fromEntries(
          Object.entries(arrays).map(([name, values]) => [name, tensor(values, [values.length])]),
        ),
      }
    },
    restore(state) {
      const saved = state.json as { order?: State['json']; taken?: unknown; unseen?: unknown } | null
      if (!Number.isInteger(saved?.taken) || !Array.isArray(saved?.unseen)) {
        throw new LemanicError(
          'foreign-state',
          `orderSampler: expected the state of a sampler of the order "${order.kind}", got ${JSON.stringify(state.json)}`,
          { help: 'resume with the sampler that the checkpoint was made with' },
        )
      }
      const arrays = Object.fromEntries(
        Object.entries(state.tensors).map(([name, value]) => [name, value.dataSync()]),
      ) as OrderState['arrays']
      order.restore({ json: saved!.order ?? null, arrays })
      taken = saved!.taken as number
      unseen = [...(saved!.unseen as number[])]
    },
  }
}

function checkOptions<Batch>(
  order: DataOrder,
  options: OrderSamplerOptions<Batch>,
): { batchSize: number; partial: PartialBatch; batches?: readonly ArrayLike<number>[] } {
  const refuse = (message: string, fields: Readonly<Record<string, unknown>>, help: string): never => {
    throw new LemanicError('invalid-argument', `orderSampler: ${message}`, { fields, help })
  }
  if ('batches' in options) {
    const { batches } = options
    if (batches.length !== order.size) {
      refuse(
        `expected an order of ${batches.length} units, one for each batch, got one of ${order.size}`,
        { batches: batches.length, size: order.size },
        'make the order with size: batches.length',
      )
    }
    return { batchSize: 1, partial: 'carry', batches }
  }
  const { batchSize, partial = 'drop' } = options
  const { size, worldSize } = order
  const share = Math.floor(size / worldSize)
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > share) {
    refuse(
      `expected "batchSize" to be an integer from 1 to ${share}, got ${batchSize}`,
      { batchSize, size, worldSize },
      `a batch holds at most all examples of the data set${worldSize === 1 ? '' : ' that fall to one rank'}`,
    )
  }
  if (partial !== 'drop' && partial !== 'keep' && partial !== 'carry') {
    refuse(
      `expected "partial" to be "drop", "keep" or "carry", got ${JSON.stringify(partial)}`,
      { partial },
      '"drop" is the default',
    )
  }
  if (order.learns && batchSize > 1) {
    refuse(
      `the order "${order.kind}" learns from the gradient of each unit, which a batch of ${batchSize} examples does not have`,
      { order: order.kind, batchSize },
      'make batches the units: orderSampler(order, { batches: fixedBatches(…), batch })',
    )
  }
  if (partial !== 'carry' && !order.learns && size % worldSize !== 0) {
    refuse(
      `${size} examples do not divide among ${worldSize} ranks, so epochs end at different steps and "${partial}" has no meaning`,
      { size, worldSize, partial },
      'set partial: "carry"',
    )
  }
  return { batchSize, partial: order.learns ? 'carry' : partial }
}

/** All gradients of a step as one vector, in the order of their names. */
function flatten(grads: Params): Float32Array {
  const parts = Object.keys(grads)
    .sort()
    .map((name) => grads[name]!.dataSync())
  const vector = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    vector.set(part, at)
    at += part.length
  }
  return vector
}
