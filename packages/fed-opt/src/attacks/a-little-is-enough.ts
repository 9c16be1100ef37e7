import { argumentError, checkNumber } from '../refuse.js'
import { momentsOfRows } from './deviations.js'
import { repeatRow, type Attack } from './attack.js'
import { normalQuantile } from './normal-quantile.js'

export interface ALittleIsEnoughOptions {
  /** z: how many standard deviations. Default: the largest that still hides, from the numbers of clients. */
  readonly z?: number
  /** Divide the variance by n − 1 (as PyTorch's `std`) or by n. Default `sample`. */
  readonly variance?: 'sample' | 'population'
}

/**
 * Every attacker sends mean − z · std of the honest rows, coordinate by coordinate: inside the spread of the honest
 * ones, all on the same side. By default z = Φ⁻¹((n − f − s) / (n − f)) with s = ⌊n / 2 + 1⌋ − f, for n clients of
 * which f attack.
 *
 * Baruch, Baruch, Goldberg, "A Little Is Enough: Circumventing Defenses For Distributed Learning", 2019
 * (arXiv 1902.06156), Algorithm 3.
 */
export function aLittleIsEnough(options: ALittleIsEnoughOptions = {}): Attack {
  const { z, variance = 'sample' } = options
  if (z !== undefined) checkNumber('aLittleIsEnough', 'z', z, Number.isFinite, 'a finite number')
  return {
    name: 'a-little-is-enough',
    forge(honest, { own }) {
      const { mean, deviation } = momentsOfRows(honest, variance === 'sample' ? 1 : 0)
      return { rows: repeatRow(mean.add(deviation, -(z ?? hidingFactor(honest.count, own.count))), own.count) }
    },
  }
}

/** The default z for so many honest clients and attackers. */
export function hidingFactor(honest: number, attackers: number): number {
  const supporters = Math.floor((honest + attackers) / 2 + 1) - attackers
  const share = (honest - supporters) / honest
  if (!(share > 0 && share < 1)) {
    throw argumentError(
      'aLittleIsEnough',
      `${attackers} attackers among ${honest + attackers} clients have no default z (a majority, or too few clients)`,
      { help: 'pass z' },
    )
  }
  return normalQuantile(share)
}
