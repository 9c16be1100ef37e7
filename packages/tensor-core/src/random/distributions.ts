import { argumentError } from '../errors.js'
import type { RandomKey } from './key.js'
import { RandomStream } from './random-stream.js'

/** Fills `out` with integers uniform in low … high − 1 (unbiased); low < high, both safe integers. */
export function fillRandomIntegers<Out extends Int32Array | Uint32Array | Float64Array | number[]>(
  key: RandomKey,
  out: Out,
  range: { readonly low?: number; readonly high: number },
): Out {
  const { low = 0, high } = range
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low >= high || high - low > 9007199254740992) {
    throw argumentError(
      'fillRandomIntegers',
      `expected integers low < high no more than 2⁵³ apart, got low ${low}, high ${high}`,
    )
  }
  const stream = new RandomStream(key)
  for (let i = 0; i < out.length; i += 1) out[i] = low + stream.nextBelow(high - low)
  return out
}

/** One integer uniform in 0 … bound − 1. */
export function randomInteger(key: RandomKey, bound: number): number {
  return fillRandomIntegers(key, [0], { high: bound })[0] as number
}

/** Fills `out` with 0 and 1; 1 with `probability` (0 … 1, exact to 2⁻⁵³). */
export function fillBernoulli(key: RandomKey, out: Uint8Array, probability: number): Uint8Array {
  if (!(probability >= 0 && probability <= 1)) {
    throw argumentError('fillBernoulli', `expected a probability from 0 to 1, got ${probability}`)
  }
  const stream = new RandomStream(key)
  for (let i = 0; i < out.length; i += 1) out[i] = stream.nextUniform() < probability ? 1 : 0
  return out
}

/**
 * `count` draws, with replacement, of indices with the given weights (finite, ≥ 0, at least one > 0; they need not
 * sum to 1). Inverse of the cumulative distribution in float64, found by bisection. A weight of 0 is never drawn.
 */
export function randomCategorical(key: RandomKey, weights: ArrayLike<number>, count: number): Int32Array {
  const cumulative = new Float64Array(weights.length)
  let total = 0
  let last = -1
  for (let i = 0; i < weights.length; i += 1) {
    const weight = weights[i] as number
    if (!(weight >= 0 && weight < Infinity)) {
      throw argumentError('randomCategorical', `expected finite weights of at least 0, got ${weight} at index ${i}`)
    }
    if (weight > 0) last = i
    total += weight
    cumulative[i] = total
  }
  if (!(total > 0 && total < Infinity)) {
    throw argumentError(
      'randomCategorical',
      `expected weights with a positive finite sum, got ${weights.length} weights with sum ${total}`,
    )
  }
  const stream = new RandomStream(key)
  const out = new Int32Array(count)
  for (let i = 0; i < count; i += 1) {
    const target = stream.nextUniform() * total
    let low = 0
    let high = last
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((cumulative[middle] as number) > target) high = middle
      else low = middle + 1
    }
    out[i] = low
  }
  return out
}

/** Shuffles `values` in place, every order equally likely (Fisher–Yates with unbiased integers), and returns it. */
export function shuffle<Values extends Int32Array | Uint32Array | Float32Array | Float64Array | unknown[]>(
  key: RandomKey,
  values: Values,
): Values {
  const stream = new RandomStream(key)
  const array = values as unknown[]
  for (let i = array.length - 1; i > 0; i -= 1) {
    const j = stream.nextBelow(i + 1)
    const swap = array[i]
    array[i] = array[j]
    array[j] = swap
  }
  return values
}

/** A random order of 0 … count − 1, every order equally likely. */
export function randomPermutation(key: RandomKey, count: number): Int32Array {
  if (!Number.isInteger(count) || count < 0 || count > 0x7fffffff) {
    throw argumentError('randomPermutation', `expected a count from 0 to 2³¹ − 1, got ${count}`)
  }
  return shuffle(
    key,
    Int32Array.from({ length: count }, (_, i) => i),
  )
}
