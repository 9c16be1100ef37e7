/**
 * The p-hop induction task (Sanford, Hsu, Telgarsky, "Transformers, parallel computation, and logarithmic depth", arXiv
 * 2402.09268): from a place, find the symbol's previous occurrence, step to the place right after it, and repeat p times;
 * the answer is the symbol there. A model has to follow p pointers, so depth, of whatever kind, must help.
 *
 * A sequence is one id that says p (symbols, symbols + 1, … for the p on offer), then symbols. Every place asks for the
 * answer from itself; −100 where the way ends. No symbol stands twice in a row: a hop never stays where it is.
 */
import type { RandomStream } from '@lemanic/tensor-core'
import type { HopOptions } from './options.js'

/** One sequence: ids [length + 1], answers [length + 1]. */
export interface HopSequence {
  readonly inputs: Int32Array
  readonly targets: Int32Array
}

/** The places that p hops lead to from each place, −1 where the way ends. */
export function hopPlaces(symbols: ArrayLike<number>, p: number): Int32Array {
  const next = new Int32Array(symbols.length).fill(-1)
  const seen = new Map<number, number>()
  for (let place = 0; place < symbols.length; place++) {
    next[place] = (seen.get(symbols[place]!) ?? -2) + 1
    seen.set(symbols[place]!, place)
  }
  return Int32Array.from(next, (_, start) => {
    let place = start
    for (let hop = 0; hop < p && place >= 0; hop++) place = next[place]!
    return place
  })
}

/** A sequence that asks for `hops[which]` hops. */
export function hopSequence({ length, symbols, hops }: HopOptions, which: number, random: RandomStream): HopSequence {
  const drawn = new Int32Array(length)
  for (let place = 0; place < length; place++) {
    const former = place === 0 ? -1 : drawn[place - 1]!
    const symbol = random.nextBelow(place === 0 ? symbols : symbols - 1)
    drawn[place] = place > 0 && symbol >= former ? symbol + 1 : symbol
  }
  const places = hopPlaces(drawn, hops[which]!)
  return {
    inputs: Int32Array.of(symbols + which, ...drawn),
    targets: Int32Array.of(-100, ...places.map((place) => (place < 0 ? -100 : drawn[place]!))),
  }
}
