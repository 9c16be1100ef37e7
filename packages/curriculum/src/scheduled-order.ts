import { checkEpoch, checkOrderOptions, type OrderOptions, type ScheduledOrder } from './data-order.js'
import { describeOrder, type OrderIdentity, ownState, savedCount } from './order-identity.js'

/** Part of an epoch: `indices[0]` stands at `start` of the epoch. */
export interface EpochPart {
  readonly start: number
  readonly indices: Int32Array
}

/**
 * An order from a function of the epoch. A new order of your own needs only that function.
 *
 * Ranks take turns on the endless row of epochs: rank r visits places r, r + W, r + 2W, … of epoch 0, 1, 2, … laid end to
 * end. So at every step the ranks hold different places, each place of each epoch belongs to exactly one rank, and
 * nothing is dropped or repeated where W does not divide the size.
 *
 * `part(epoch, place)` gives some stretch of the epoch that holds `place`; it is asked again when the stretch is used up.
 */
export function scheduledOrder(
  options: OrderOptions & {
    readonly kind: string
    readonly identity: OrderIdentity
    readonly permutes?: boolean
    readonly part: (epoch: number, place: number) => EpochPart
  },
): ScheduledOrder {
  const { kind, identity, permutes = true, part } = options
  const { size, rank, worldSize } = checkOrderOptions(kind, options)
  const self = { kind, size, rank, worldSize }
  let step = 0 // units that this rank has handed out
  let epoch = 0
  let place = rank
  let known: EpochPart | undefined
  return {
    ...self,
    permutes,
    learns: false,
    next() {
      while (place >= size) {
        place -= size
        epoch += 1
        known = undefined
      }
      if (known === undefined || place < known.start || place >= known.start + known.indices.length) {
        known = part(epoch, place)
      }
      const unit = known.indices[place - known.start]!
      place += worldSize
      step += 1
      return unit
    },
    observe: () => undefined,
    epoch(index) {
      checkEpoch(kind, index)
      const all = new Int32Array(size)
      for (let at = 0; at < size; ) {
        const { start, indices } = part(index, at)
        all.set(indices, start)
        at = start + indices.length
      }
      return all
    },
    state: () => ({ json: { ...describeOrder(self, identity), step }, arrays: {} }),
    restore(state) {
      step = savedCount(kind, ownState(state, self, identity), 'step', Number.MAX_SAFE_INTEGER)
      const position = step * worldSize + rank
      epoch = Math.floor(position / size)
      place = position % size
      known = undefined
    },
  }
}

/** A part that is the whole epoch. */
export function wholeEpoch(indices: Int32Array): EpochPart {
  return { start: 0, indices }
}
