import { LemanicError, randomPermutation, RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import { checkShare, checkSize, type MissingPattern } from './missing-pattern.js'

/**
 * Missing completely at random (MCAR): every cell is missing with the same probability, whatever it or the label holds.
 *
 * Each row draws for itself from the key folded with its number, so that the pattern of a row does not change when rows
 * are added, and rates vary by chance; with `exact` each modality loses exactly round(probability · rows) rows, uniformly
 * chosen and independently of the other modalities.
 * Rubin, "Inference and missing data", 1976.
 *
 * @param options.probability 0 to 1, of a cell being missing; one number, or one for each modality.
 * @param options.keepOne Give back one modality, uniformly chosen, to a row that would have none. Default false. It makes
 *   the missing shares smaller than `probability`: by probability^modalities / modalities where all are alike.
 */
export function missingCompletelyAtRandom(options: {
  readonly rows: number
  readonly modalities: number
  readonly probability: number | readonly number[]
  readonly keepOne?: boolean
  /** Exact rates; default false. Not together with `keepOne`, which changes them. */
  readonly exact?: boolean
  readonly key: RandomKey
}): MissingPattern {
  const { rows, modalities, probability, keepOne = false, exact = false, key } = options
  checkSize('missingCompletelyAtRandom', 'rows', rows)
  checkSize('missingCompletelyAtRandom', 'modalities', modalities)
  const probabilities = typeof probability === 'number' ? new Array<number>(modalities).fill(probability) : probability
  if (probabilities.length !== modalities) {
    throw new LemanicError(
      'invalid-argument',
      `missingCompletelyAtRandom: expected one "probability" or ${modalities} of them, got ${probabilities.length}`,
      { fields: { modalities, probability: probabilities } },
    )
  }
  for (const value of probabilities) checkShare('missingCompletelyAtRandom', 'probability', value)
  if (exact && keepOne)
    throw invalid('missingCompletelyAtRandom', 'expected "exact" or "keepOne", got both: each undoes the other')
  const present = new Uint8Array(rows * modalities)
  if (exact) {
    present.fill(1)
    probabilities.forEach((value, modality) => {
      const order = randomPermutation(key.foldIn('exact').foldIn(modality), rows)
      for (const row of order.subarray(0, Math.round(value * rows))) present[row * modalities + modality] = 0
    })
    return { rows, modalities, present }
  }
  for (let row = 0; row < rows; row++) {
    const stream = new RandomStream(key.foldIn(row))
    const cells = present.subarray(row * modalities, (row + 1) * modalities)
    for (let modality = 0; modality < modalities; modality++)
      cells[modality] = stream.nextUniform() < probabilities[modality] ? 0 : 1
    if (keepOne && !cells.includes(1)) cells[stream.nextBelow(modalities)] = 1
  }
  return { rows, modalities, present }
}
