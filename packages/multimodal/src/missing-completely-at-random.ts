import { LemanicError, RandomStream, type RandomKey } from '@lemanic/tensor-core'
import { checkShare, checkSize, type MissingPattern } from './missing-pattern.js'

/**
 * Missing completely at random (MCAR): every cell is missing with the same probability, whatever it or the label holds.
 *
 * Row r draws from the key folded with r, so that the pattern of a row does not change when rows are added.
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
  readonly key: RandomKey
}): MissingPattern {
  const { rows, modalities, probability, keepOne = false, key } = options
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
  const present = new Uint8Array(rows * modalities)
  for (let row = 0; row < rows; row++) {
    const stream = new RandomStream(key.foldIn(row))
    const cells = present.subarray(row * modalities, (row + 1) * modalities)
    for (let modality = 0; modality < modalities; modality++)
      cells[modality] = stream.nextUniform() < probabilities[modality] ? 0 : 1
    if (keepOne && !cells.includes(1)) cells[stream.nextBelow(modalities)] = 1
  }
  return { rows, modalities, present }
}
