/**
 * Mixture of Repeats, the adaptive CoTFormer: Mohtashami, Pagliardini, Jaggi, "CoTFormer" (arXiv 2310.10845), section 4.
 *
 *   all tokens take repeat 1; for i = 1 … R:
 *     x̂ = LN B(x + (R − i)·e)             over the active tokens; their queries see the keys of all repeats so far
 *     x ← (1 − w)·x + w·x̂                 from repeat 2 on
 *     s = x · e⁽ⁱ⁾                          i < R
 *     active ← those of the active tokens with the highest s: a part fᵢ of all tokens; w = σ(s)
 *   a token's result is the x of its last repeat
 *
 *   B        middle        blocks whose weights are the same in every repeat
 *   R        repeats
 *   e        enterRepeat   depth embedding
 *   LN       leaveRepeat   the norm after each repeat
 *   e⁽ⁱ⁾     score         router i, without a bias
 *   fᵢ       routing       capacities; or thresholds for w, which make the choice causal
 *   w        weight        the only way by which routers get gradients: there is no auxiliary loss
 *
 * Only active tokens are computed. A halted token's keys and values of the repeats that it took stay visible; it has none
 * for later repeats. At full capacity and w = 1 this is LN-CoTFormer.
 *
 * Deviations from the paper: none known. From the reference code: R − 1 routers, not R (the last one has no use there);
 * the number of active tokens is ⌊fᵢ·T⌋, where the code divides and multiplies and may lose one to rounding; active
 * tokens stay in the order of the sequence; thresholds, which the paper mentions, are implemented.
 */
import {
  add,
  concat,
  gather,
  multiply,
  ones,
  range,
  reshape,
  scatterAdd,
  sigmoid,
  subtract,
  tensor,
} from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { Places } from '../blocks/places.js'
import type { ChosenPlaces, Rotation } from '../blocks/rotation.js'
import { chooseTokens, everyToken, pick, type ActiveTokens } from './active-tokens.js'
import { RaggedMemory, type RaggedStore } from './ragged-memory.js'
import type { Routing } from './routing.js'
import type { RepeatObserver, StackParts } from './stack.js'

/** The parts of a stack with routers. */
export interface RoutedParts extends StackParts {
  /** Scores of router i, from 1: [B, K, width] → [B, K, 1]. */
  score(x: Tensor, router: number): Tensor
  readonly routing: Routing
  readonly places: Places
  /** The rotation of some tokens. */
  rotation(chosen: ChosenPlaces): Rotation
  readonly store?: RaggedStore | undefined
  readonly observe?: RepeatObserver | undefined
}

/** x moved towards what a repeat made of it: (1 − w)·x + w·x̂, w [B, K, 1]. */
export const interpolate = (before: Tensor, after: Tensor, weight: Tensor | undefined): Tensor =>
  weight === undefined ? after : add(multiply(before, subtract(1, weight)), multiply(after, weight))

export function mixtureOfRepeats(parts: RoutedParts, x: Tensor): Tensor {
  const { begin, middle, end, repeats, enterRepeat, leaveRepeat, score, routing, places, store, observe } = parts
  for (const block of begin) x = block(x)
  const { batch, time } = places
  const memory = new RaggedMemory(middle.length, store, places.visible === undefined && places.past === 0)
  const results = new LastResults(x)
  let active: ActiveTokens = everyToken(places)
  let weight: Tensor | undefined
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const before = x
    memory.enter(repeat, active, active.flat && parts.rotation({ flat: active.flat, positions: active.positions }))
    x = enterRepeat(x, repeat)
    middle.forEach((block, layer) => {
      x = block(x, memory.of(layer))
    })
    x = interpolate(before, leaveRepeat(x), weight)
    results.put(x, active)
    if (repeat === repeats) {
      observe?.({ repeat, active: spread(active, undefined, places) })
      break
    }
    const scores = score(x, repeat)
    const chosen = chooseTokens(active, scores, routing, repeat, time)
    observe?.({
      repeat,
      active: spread(active, undefined, places),
      weights: spread(active, reshape(sigmoid(scores), [batch, active.count]), places),
    })
    if (chosen.active === undefined) break
    if (chosen.local !== undefined) x = pick(x, chosen.local)
    active = chosen.active
    weight = chosen.weight
  }
  x = results.take()
  for (const block of end) x = block(x)
  return x
}

/** Values of the active tokens (default 1) at their places, 0 elsewhere: [B, T]. */
function spread(
  { flat, valid, count }: ActiveTokens,
  values: Tensor | undefined,
  { backend, batch, time }: Places,
): Tensor {
  const own = values ?? ones([batch, count], { backend })
  if (flat === undefined) return own
  const isToken = valid && tensor(Float32Array.from(valid), [batch, count], { backend })
  const filled = isToken === undefined ? own : multiply(own, isToken)
  return reshape(scatterAdd(filled, flat, { size: batch * time }), [batch, time])
}

/** Each token's result: what the last repeat that worked on it made. */
class LastResults {
  readonly #shape: readonly number[]
  readonly #rows: Tensor[] = []
  #count = 0
  /** The row of each token among all rows, int32 [B · T]; absent while it is the token's own number. */
  #last: Tensor | undefined

  constructor({ shape }: Tensor) {
    this.#shape = shape
  }

  put(x: Tensor, { flat, valid }: ActiveTokens): void {
    const [batch, time, width] = this.#shape as [number, number, number]
    const { backend } = x
    const added = batch * x.shape[1]!
    if (flat === undefined) {
      // all tokens: what came before is of no use
      this.#rows.length = this.#count = 0
      this.#last = undefined
    } else {
      const rows = range(added, { start: this.#count, backend })
      const places = reshape(flat, [added])
      const former = this.#last ?? range(batch * time, { backend })
      let change = subtract(rows, gather(former, places))
      if (valid !== undefined) change = multiply(change, tensor(Int32Array.from(valid), [added], { backend }))
      this.#last = add(former, scatterAdd(change, places, { size: batch * time }))
    }
    this.#rows.push(reshape(x, [added, width]))
    this.#count += added
  }

  take(): Tensor {
    const rows = this.#rows.length === 1 ? this.#rows[0]! : concat(this.#rows, 0)
    return reshape(this.#last === undefined ? rows : gather(rows, this.#last), this.#shape)
  }
}
