import { LemanicError, randomPermutation } from '@lemanic/tensor-core'
import { checkOrderOptions, type DataOrder, type OrderState, type RandomOrderOptions } from './data-order.js'
import { describeOrder, keyIdentity, type OrderIdentity, ownState, savedCount } from './order-identity.js'

type Arrays = OrderState['arrays']

/** How the gradients of one epoch become the order of the next. Slots are places 0 … count − 1 of this rank's share. */
export interface ReorderingRule {
  /** Forgets the epoch that is over, and keeps what the next one needs. */
  begin(dimension: number): void
  /** Takes the gradient of the next visited slot; its values are valid during the call only. */
  take(slot: number, gradient: ArrayLike<number>): void
  /** After `count` calls of `take`: the slots in the order of the next epoch. */
  finish(): Int32Array
  /** All of the rule's memory, of fixed names; vectors in float32, so that a checkpoint keeps them exactly. */
  arrays(): Arrays
  restore(arrays: Arrays, dimension: number): void
}

/**
 * An order that learns: epoch 0 is that of `randomReshufflingOrder` with the same key, each later one is made by `rule`
 * from the gradients of the epoch before.
 *
 * `observe` must be told every unit in the order in which `next` gave them (it may lag behind, as in a pipeline), and all
 * of an epoch before the next one starts. With several ranks each has a fixed random share of the units, which differ by
 * at most one in size, and orders its own, as GraB's distributed form does (arXiv 2302.00845): so gradients stay where
 * they were made.
 *
 * Throws `LemanicError`: `gradient-missing` from `next` when an epoch ends before its gradients came;
 * `invalid-argument` from `observe` for a unit out of turn, another length, or a number that is not finite.
 */
export function learningOrder(
  options: RandomOrderOptions & {
    readonly kind: string
    readonly identity?: OrderIdentity
    readonly rule: (count: number) => ReorderingRule
  },
): DataOrder {
  const { kind, key } = options
  const { size, rank, worldSize } = checkOrderOptions(kind, options)
  const self = { kind, size, rank, worldSize }
  const identity = { ...keyIdentity(key), ...options.identity }
  const share = shareOf(options, self)
  const count = share.length
  const rule = options.rule(count)
  let epoch = 0
  let position = 0 // slots handed out in this epoch
  let observed = 0 // of these, gradients seen
  let dimension = 0
  let order = randomPermutation(key.foldIn(0), count)

  const turn = () => {
    if (observed < count) {
      throw new LemanicError(
        'gradient-missing',
        `${kind}: expected the gradients of all ${count} units of epoch ${epoch} before the next begins, got ${observed}`,
        {
          fields: { kind, epoch, expected: count, observed },
          help: 'call observe(unit, gradient) after every step, or take an order that does not learn, such as random-reshuffling',
        },
      )
    }
    order = rule.finish()
    epoch += 1
    position = 0
    observed = 0
    rule.begin(dimension)
  }

  return {
    ...self,
    permutes: true,
    learns: true,
    next() {
      if (position === count) turn()
      return share[order[position++]!]!
    },
    observe(unit, gradient) {
      const slot = observed < position ? order[observed]! : -1
      const expected = slot < 0 ? undefined : share[slot]!
      if (unit !== expected) {
        throw refused(
          kind,
          expected === undefined
            ? `expected no gradient before next() gives a unit, got that of unit ${unit}`
            : `expected the gradient of unit ${expected}, the oldest that was handed out, got that of unit ${unit}`,
          'observe every unit once, in the order in which next() gave them',
        )
      }
      const wanted = dimension === 0 ? gradient.length : dimension
      if (gradient.length !== wanted || wanted === 0) {
        throw refused(kind, `expected a gradient of ${wanted || 'at least one'} number(s), got ${gradient.length}`)
      }
      let sum = 0
      for (let k = 0; k < wanted; k++) sum += gradient[k]! * 0
      if (sum !== 0) {
        throw refused(
          kind,
          `expected finite numbers in the gradient of unit ${unit}, got NaN or infinity`,
          'a diverged run has no order worth learning: lower the step size',
        )
      }
      if (dimension === 0) {
        dimension = wanted
        rule.begin(dimension)
      }
      rule.take(slot, gradient)
      observed += 1
    },
    state: () => ({
      json: { ...describeOrder(self, identity), epoch, position, observed, dimension },
      arrays: copies({ order, ...(dimension === 0 ? {} : rule.arrays()) }),
    }),
    restore(state) {
      const saved = ownState(state, self, identity)
      const next = {
        epoch: savedCount(kind, saved, 'epoch', Number.MAX_SAFE_INTEGER),
        position: savedCount(kind, saved, 'position', count),
        observed: savedCount(kind, saved, 'observed', count),
        dimension: savedCount(kind, saved, 'dimension', 0x7fffffff),
      }
      const { order: savedOrder, ...rest } = copies(state.arrays)
      if (!(savedOrder instanceof Int32Array) || savedOrder.length !== count) {
        throw new LemanicError(
          'foreign-state',
          `${kind}: expected an array "order" of ${count} integers in the state, got ${savedOrder === undefined ? 'none' : savedOrder.length}`,
          { fields: { expected: count }, help: 'keep the arrays of a state together with its JSON' },
        )
      }
      if (next.dimension > 0) rule.restore(rest, next.dimension)
      ;({ epoch, position, observed, dimension } = next)
      order = savedOrder
    },
  }
}

/** The array of a saved state with this name and length; a state that lacks it is refused. */
export function savedArray<Kind extends Float32Array | Int32Array>(arrays: Arrays, name: string, like: Kind): Kind {
  const found = arrays[name]
  if (found?.constructor === like.constructor && found.length === like.length) return found as Kind
  throw new LemanicError(
    'foreign-state',
    `expected an array "${name}" of ${like.length} numbers (${like.constructor.name}) in the state, got ${found === undefined ? 'none' : `${found.length} (${found.constructor.name})`}`,
    { fields: { name }, help: 'keep the arrays of a state together with its JSON' },
  )
}

function shareOf(
  { key }: RandomOrderOptions,
  { size, rank, worldSize }: { size: number; rank: number; worldSize: number },
): Int32Array {
  if (worldSize === 1) return Int32Array.from({ length: size }, (_, unit) => unit)
  const dealt = randomPermutation(key.foldIn('shares'), size)
  return dealt.filter((_, at) => at % worldSize === rank).sort()
}

function copies(arrays: Arrays): Record<string, Float32Array | Int32Array> {
  return Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, values.slice()]))
}

function refused(kind: string, message: string, help?: string): LemanicError {
  return new LemanicError('invalid-argument', `${kind}: observe: ${message}`, help === undefined ? {} : { help })
}
