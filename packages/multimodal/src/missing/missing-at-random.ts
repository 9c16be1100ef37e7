import { type RandomKey, RandomStream } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { checkShare, checkSize, type MissingPattern } from './missing-pattern.js'

export interface MissingByValueOptions {
  /** What decides, one number a row; larger ones lose the modality more often, or smaller ones if `strength` is negative. */
  readonly driver: ArrayLike<number>
  readonly modalities: number
  /** The column that loses rows. */
  readonly modality: number
  /** Exactly round(share · rows) rows lose it. */
  readonly share: number
  /** Change of the log-odds of losing it for one standard deviation of the driver. 0 is completely at random. Default 2. */
  readonly strength?: number
  readonly key: RandomKey
}

/**
 * Missing at random (MAR, Rubin 1976): whether a modality is missing depends on something that is always seen, the
 * driver, and on nothing else.
 *
 * An exact number of rows, drawn without replacement with weights exp(strength · z), z the standardised driver: the rows
 * with the largest strength · z + Gumbel noise.
 */
export function missingAtRandom(options: MissingByValueOptions): MissingPattern {
  return takeByValue('missingAtRandom', options)
}

/**
 * Missing not at random (MNAR) by the value itself: the driver is what would have been seen of the very modality (its
 * largest are not measured, say). The same draw as `missingAtRandom`; what differs is that no model can see the driver.
 * For missingness that depends on the label see `missingByClass`.
 */
export function missingByOwnValue(options: MissingByValueOptions): MissingPattern {
  return takeByValue('missingByOwnValue', options)
}

function takeByValue(where: string, options: MissingByValueOptions): MissingPattern {
  const { driver, modalities, modality, share, strength = 2, key } = options
  const rows = driver.length
  checkSize(where, 'driver.length', rows)
  checkSize(where, 'modalities', modalities)
  checkShare(where, 'share', share)
  if (!Number.isInteger(modality) || modality < 0 || modality >= modalities)
    throw invalid(where, `expected "modality" from 0 to ${modalities - 1}, got ${modality}`)
  if (!Number.isFinite(strength)) throw invalid(where, `expected a finite "strength", got ${strength}`)
  let [sum, squares] = [0, 0]
  for (let row = 0; row < rows; row++) {
    if (!Number.isFinite(driver[row]))
      throw invalid(where, `expected finite numbers in "driver", got ${driver[row]} in row ${row}`)
    sum += driver[row]
    squares += driver[row] ** 2
  }
  const mean = sum / rows
  const deviation = Math.sqrt(Math.max(0, squares / rows - mean ** 2)) || 1
  const stream = new RandomStream(key)
  const scores = Array.from({ length: rows }, (_, row) => ({
    row,
    score:
      (strength * (driver[row] - mean)) / deviation - Math.log(-Math.log(1 - stream.nextUniform() * (1 - 2 ** -53))),
  }))
  scores.sort((a, b) => b.score - a.score || a.row - b.row)
  const present = new Uint8Array(rows * modalities).fill(1)
  for (const { row } of scores.slice(0, Math.round(share * rows))) present[row * modalities + modality] = 0
  return { rows, modalities, present }
}
