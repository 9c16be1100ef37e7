import { EvalError } from '../errors.js'

/** Where a resampling method takes its chance from: a seed, or a function that returns numbers in [0, 1). */
export type RandomSource =
  | { readonly seed: number; readonly random?: never }
  | { readonly random: () => number; readonly seed?: never }

/**
 * A generator of numbers in [0, 1) with 53 random bits, the same stream for the same seed on every machine.
 *
 * sfc32 (C. Doty-Humphrey, PractRand), state filled by SplitMix32 and warmed up by 12 steps. For resampling, not for
 * secrets.
 */
export function seededRandom(seed: number): () => number {
  if (!Number.isInteger(seed)) {
    throw new EvalError('invalid-option', `seededRandom: expected \`seed\` to be a whole number, got ${seed}.`, {
      seed,
    })
  }
  let mixer = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1)) >>> 0
  const split = () => {
    mixer = (mixer + 0x9e3779b9) >>> 0
    let z = mixer
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
  let a = split()
  let b = split()
  let c = split()
  let counter = 1
  const next = () => {
    const result = (a + b + counter) >>> 0
    counter = (counter + 1) >>> 0
    a = (b ^ (b >>> 9)) >>> 0
    b = (c + (c << 3)) >>> 0
    c = ((c << 21) | (c >>> 11)) >>> 0
    c = (c + result) >>> 0
    return result
  }
  for (let step = 0; step < 12; step++) next()
  return () => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992
}

/** The generator that a `RandomSource` names. */
export function randomFrom(where: string, source: RandomSource): () => number {
  if (typeof source.random === 'function') return source.random
  if (typeof source.seed === 'number') return seededRandom(source.seed)
  throw new EvalError(
    'invalid-option',
    `${where}: expected \`seed\` (a whole number) or \`random\` (a function returning numbers in [0, 1)), got neither.`,
    { where },
  )
}

/** A whole number in [0, limit). */
export function randomBelow(random: () => number, limit: number): number {
  return Math.floor(random() * limit)
}
