import { LemanicError } from '@lemanic/tensor-core'
import type { DataOrder, OrderState } from '../data-order.js'
import { isPermutation } from '../diagnostics.js'

/** What `checkOrder` needs. */
export interface OrderContract {
  /** A fresh order for the ranks given; each call makes an equal one. At least two units a rank. */
  readonly create: (ranks: { readonly rank: number; readonly worldSize: number }) => DataOrder
  /** The gradient of a unit at a visit; only orders that learn look at it. Default: a fixed one of three numbers a unit. */
  readonly gradient?: (unit: number, visit: number) => ArrayLike<number>
  /** Epochs to watch. Default 3. */
  readonly epochs?: number
  /** Number of ranks to split among besides 1. Default 3. */
  readonly worldSize?: number
}

/**
 * Holds a data order to the interface. Throws `LemanicError` (`contract-broken`) unless
 *
 * - units are integers from 0 to size − 1, and, where `permutes`, every epoch of one rank visits each exactly once;
 * - equal orders shown equal gradients give equal visits;
 * - a state goes through JSON and typed arrays, taking it disturbs nothing, and an order restored from it, before any
 *   visit of the first epochs or between `next` and `observe`, goes on as one that never stopped;
 * - the state of another kind, size, or rank is refused with code `foreign-state`;
 * - ranks do not overlap: where `permutes`, the visits of all ranks cover each epoch exactly once.
 */
export function checkOrder(contract: OrderContract): void {
  const { create, epochs = 3, worldSize = 3 } = contract
  const gradient = contract.gradient ?? defaultGradient
  const alone = { rank: 0, worldSize: 1 }
  const { size, permutes } = create(alone)
  const visits = size * epochs
  const visit = (order: DataOrder, at: number): number => {
    const unit = order.next()
    if (!Number.isInteger(unit) || unit < 0 || unit >= size) {
      throw broken(order, `visit ${at} is ${unit}; expected an integer from 0 to ${size - 1}`)
    }
    order.observe(unit, gradient(unit, at))
    return unit
  }
  const walk = (order: DataOrder, from: number, to: number): number[] =>
    Array.from({ length: to - from }, (_, offset) => visit(order, from + offset))

  const expected = walk(create(alone), 0, visits)
  if (permutes) {
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (!isPermutation(expected.slice(epoch * size, (epoch + 1) * size))) {
        throw broken(create(alone), `epoch ${epoch} is no permutation of its ${size} units`)
      }
    }
  }

  const order = create(alone)
  for (let at = 0; at < visits; at++) {
    const restored = create(alone)
    restored.restore(copyOf(order.state()))
    const upTo = Math.min(visits, at + size + 1)
    compare(order, walk(restored, at, upTo), expected.slice(at, upTo), `restored after ${at} visits`)
    const unit = order.next()
    if (unit !== expected[at]) throw broken(order, `visit ${at} is ${unit}; an equal order gave ${expected[at]}`)
    const between = create(alone)
    between.restore(copyOf(order.state()))
    between.observe(unit, gradient(unit, at))
    order.observe(unit, gradient(unit, at))
    compare(order, walk(between, at + 1, upTo), expected.slice(at + 1, upTo), `restored before observe ${at}`)
  }
  refuseForeign(create(alone), create({ rank: 1, worldSize: 2 }))
  checkRanks(contract, gradient, worldSize, size * epochs)
}

function refuseForeign(order: DataOrder, otherRank: DataOrder): void {
  const own = order.state()
  const foreign: [string, OrderState][] = [
    ['nothing', { json: null, arrays: {} }],
    ['another rank', otherRank.state()],
    ['another kind', { ...own, json: { ...(own.json as object), kind: 'no-such-order' } }],
    ['another size', { ...own, json: { ...(own.json as object), size: order.size + 1 } }],
  ]
  for (const [what, state] of foreign) {
    try {
      order.restore(state)
    } catch (error) {
      if (LemanicError.isInstance(error, 'foreign-state')) continue
      throw error
    }
    throw broken(order, `a state of ${what} was taken`)
  }
}

function checkRanks(
  { create }: OrderContract,
  gradient: NonNullable<OrderContract['gradient']>,
  worldSize: number,
  visits: number,
): void {
  const ranks = Array.from({ length: worldSize }, (_, rank) => create({ rank, worldSize }))
  const { size, permutes, learns } = ranks[0]!
  // Draws of a few units could be the same by chance.
  const steps = permutes ? Math.floor(visits / worldSize) : Math.max(visits, 64)
  const rows = ranks.map((order) =>
    Array.from({ length: steps }, (_, at) => {
      const unit = order.next()
      order.observe(unit, gradient(unit, at))
      return unit
    }),
  )
  if (!permutes) {
    if (rows.some((row, rank) => rank > 0 && row.join() === rows[0]!.join())) {
      throw broken(ranks[0]!, 'two ranks draw the same units')
    }
    return
  }
  if (learns) {
    // Each rank has a fixed share: what it ever visits, and no other rank does.
    const shares = rows.map((row) => new Set(row))
    const total = shares.reduce((sum, share) => sum + share.size, 0)
    const all = new Set(rows.flat())
    if (all.size !== size || total !== size) {
      throw broken(ranks[0]!, `${worldSize} ranks visit ${all.size} of ${size} units, ${total} counted rank by rank`)
    }
    return
  }
  const together = Array.from(
    { length: steps * worldSize },
    (_, at) => rows[at % worldSize]![Math.floor(at / worldSize)]!,
  )
  for (let start = 0; start + size <= together.length; start += size) {
    if (!isPermutation(together.slice(start, start + size))) {
      throw broken(ranks[0]!, `epoch ${start / size} of ${worldSize} ranks together is no permutation`)
    }
  }
}

function defaultGradient(unit: number): number[] {
  return [Math.sin(1 + 7 * unit), Math.cos(2 + 5 * unit), Math.sin(3 + 11 * unit)]
}

/** A state as a file would give it back. */
function copyOf({ json, arrays }: OrderState): OrderState {
  return {
    json: JSON.parse(JSON.stringify(json)) as OrderState['json'],
    arrays: Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, values.slice()])),
  }
}

function compare(order: DataOrder, got: readonly number[], expected: readonly number[], when: string): void {
  const at = expected.findIndex((unit, index) => unit !== got[index])
  if (at >= 0) throw broken(order, `${when} it gives ${got[at]} at visit ${at} from there, expected ${expected[at]}`)
}

function broken(order: Pick<DataOrder, 'kind'>, message: string): LemanicError {
  return new LemanicError('contract-broken', `order "${order.kind}": ${message}`)
}
