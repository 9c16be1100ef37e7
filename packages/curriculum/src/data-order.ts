import { LemanicError, type RandomKey, type State } from '@lemanic/tensor-core'

/** What an order needs to go on where it was: JSON, and arrays where it has learned from gradients. */
export interface OrderState {
  readonly json: State['json']
  readonly arrays: Readonly<Record<string, Float32Array | Int32Array>>
}

/**
 * The order in which the units of a data set are visited. A unit is an example, or a whole batch where a gradient an
 * example is too dear.
 *
 * Everything is a function of the options, the epoch and, for an order that learns, the gradients it was shown: nothing
 * reads a clock or a global generator.
 */
export interface DataOrder {
  /** The order's name, as in `orderNames`. */
  readonly kind: string
  /** Units in the whole data set, over all ranks. */
  readonly size: number
  /** This process among those that share the data set, 0 … `worldSize` − 1. */
  readonly rank: number
  readonly worldSize: number
  /** Whether an epoch visits every unit exactly once (all ranks together); false for draws with replacement. */
  readonly permutes: boolean
  /** Whether `observe` matters: an order that learns needs the gradient of every unit that it handed out. */
  readonly learns: boolean
  /** The index, 0 … `size` − 1, of the unit to visit now; never ends. */
  next(): number
  /**
   * Tells the gradient of a unit that `next` gave, flattened, in the order of the visits. Orders that do not learn ignore
   * it. Copies what it keeps.
   */
  observe(unit: number, gradient: ArrayLike<number>): void
  /** A copy of all that `restore` needs, valid at any point of an epoch. */
  state(): OrderState
  /** Goes on exactly where the state was taken. Throws `LemanicError` (`foreign-state`) for the state of another order. */
  restore(state: OrderState): void
}

/** An order that is known before training: each epoch is a pure function of key and number. */
export interface ScheduledOrder extends DataOrder {
  /** `size` unit indices (of all ranks together) of epoch 0, 1, 2, …; a new array at each call. */
  epoch(index: number): Int32Array
}

/** What every order takes. */
export interface OrderOptions {
  /** Units in the data set, 1 … 2³¹ − 1. */
  readonly size: number
  /** This process among `worldSize`; default 0. */
  readonly rank?: number
  /** Processes that share the data set; default 1. */
  readonly worldSize?: number
}

/** Options of an order that draws. */
export interface RandomOrderOptions extends OrderOptions {
  /** Decides every draw; arms that share it see the same data. */
  readonly key: RandomKey
}

/** Refuses a data set size that is not an integer from 1 to 2³¹ − 1. */
export function checkSize(where: string, size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= 0x7fffffff) return
  throw new LemanicError(
    'invalid-argument',
    `${where}: expected "size" to be an integer from 1 to 2³¹ − 1, got ${size}${size === 0 ? ', an empty data set' : ''}`,
    {
      fields: { where, size },
      help:
        size === 0
          ? 'look why no example was loaded; an order needs at least one'
          : 'pass the number of examples in the data set',
    },
  )
}

/** Refuses an epoch that is not 0, 1, 2, … */
export function checkEpoch(where: string, epoch: number): void {
  if (Number.isSafeInteger(epoch) && epoch >= 0) return
  throw new LemanicError('invalid-argument', `${where}: expected the epoch to be an integer from 0, got ${epoch}`, {
    fields: { where, epoch },
    help: 'count epochs from 0',
  })
}

/** Checks size and ranks and fills in their defaults. */
export function checkOrderOptions(where: string, options: OrderOptions): Required<OrderOptions> {
  const { size, rank = 0, worldSize = 1 } = options
  checkSize(where, size)
  if (!Number.isInteger(worldSize) || worldSize < 1 || worldSize > size) {
    throw new LemanicError(
      'invalid-argument',
      `${where}: expected "worldSize" to be an integer from 1 to ${size} (the size), got ${worldSize}`,
      { fields: { where, worldSize, size }, help: 'every process needs at least one example' },
    )
  }
  if (!Number.isInteger(rank) || rank < 0 || rank >= worldSize) {
    throw new LemanicError(
      'invalid-argument',
      `${where}: expected "rank" to be an integer from 0 to ${worldSize - 1}, got ${rank}`,
      { fields: { where, rank, worldSize }, help: 'count ranks from 0' },
    )
  }
  return { size, rank, worldSize }
}

/** Refuses a list that does not hold each of 0 … `size` − 1 once. */
export function checkPermutation(where: string, permutation: ArrayLike<number>, size: number): void {
  const refuse = (found: string): never => {
    throw new LemanicError(
      'invalid-argument',
      `${where}: expected "permutation" to hold each of 0 … ${size - 1} once, ${found}`,
      {
        fields: { size },
        help: 'leave "permutation" out for the order of the data set',
      },
    )
  }
  if (permutation.length !== size) refuse(`got ${permutation.length} entries`)
  const seen = new Uint8Array(size)
  for (let at = 0; at < size; at++) {
    const index = permutation[at]!
    if (!Number.isInteger(index) || index < 0 || index >= size) refuse(`got ${index} at position ${at}`)
    if (seen[index]++ === 1) refuse(`got ${index} twice (again at position ${at})`)
  }
}
