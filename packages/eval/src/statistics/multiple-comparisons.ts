import { EvalError } from '../errors.js'

/**
 * Holm's step-down correction: p values that keep the chance of any false discovery among them below the level.
 *
 * Returned in the order given; never below the raw value, never above 1. S. Holm, Scand. J. Statistics 6 (1979).
 */
export function holm(pValues: readonly number[]): number[] {
  check('holm', pValues)
  const order = ascending(pValues)
  const corrected = new Array<number>(pValues.length)
  let largest = 0
  order.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, pValues[index]! * (pValues.length - rank)))
    corrected[index] = largest
  })
  return corrected
}

/**
 * Benjamini and Hochberg's step-up correction: p values that keep the expected share of false discoveries below the
 * level, for independent or positively dependent tests. J. Royal Statistical Society B 57 (1995).
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  check('benjaminiHochberg', pValues)
  const order = ascending(pValues)
  const corrected = new Array<number>(pValues.length)
  let smallest = 1
  for (let rank = order.length - 1; rank >= 0; rank--) {
    const index = order[rank]!
    smallest = Math.min(smallest, pValues[index]! * (pValues.length / (rank + 1)))
    corrected[index] = smallest
  }
  return corrected
}

function ascending(values: readonly number[]): number[] {
  return values.map((_, index) => index).sort((a, b) => values[a]! - values[b]! || a - b)
}

function check(where: string, pValues: readonly number[]): void {
  pValues.forEach((value, index) => {
    if (!(value >= 0 && value <= 1)) {
      throw new EvalError('invalid-sample', `${where}: expected p values in [0, 1], got ${value} at index ${index}.`, {
        where,
        index,
        value,
      })
    }
  })
}
