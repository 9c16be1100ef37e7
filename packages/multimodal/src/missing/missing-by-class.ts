import { LemanicError, shuffle, type RandomKey } from '@lemanic/tensor-core'
import { checkShare, checkSize, type MissingPattern } from './missing-pattern.js'

/**
 * Missing not at random (MNAR): one modality is missing for a share of the rows of one class, so that its absence tells
 * the label. Trained on one class and tested on the other, it is the stress test of MultiModN (arXiv 2309.14118, §5).
 *
 * Exactly ⌊share · rows of the class⌋ rows, uniformly chosen; or, with `choice: 'first'`, the first ones in the order of
 * rows, as the reference code does, which also puts the missing rows side by side in a loader that does not shuffle.
 *
 * @param options.labels Class of each row.
 * @param options.label The class that loses the modality.
 * @param options.share 0 to 1.
 * @param options.choice Default `random`.
 */
export function missingByClass(options: {
  readonly labels: ArrayLike<number>
  readonly label: number
  readonly modalities: number
  readonly modality: number
  readonly share: number
  readonly choice?: 'random' | 'first'
  readonly key: RandomKey
}): MissingPattern {
  const { labels, label, modalities, modality, share, choice = 'random', key } = options
  const rows = labels.length
  checkSize('missingByClass', 'labels.length', rows)
  checkSize('missingByClass', 'modalities', modalities)
  checkShare('missingByClass', 'share', share)
  if (!Number.isInteger(modality) || modality < 0 || modality >= modalities) {
    throw new LemanicError(
      'invalid-argument',
      `missingByClass: expected "modality" from 0 to ${modalities - 1}, got ${modality}`,
      { fields: { modality } },
    )
  }
  const ofClass: number[] = []
  for (let row = 0; row < rows; row++) if (labels[row] === label) ofClass.push(row)
  if (ofClass.length === 0) {
    throw new LemanicError(
      'invalid-argument',
      `missingByClass: expected "label" to be one that occurs in "labels", got ${label}`,
      { fields: { label } },
    )
  }
  const present = new Uint8Array(rows * modalities).fill(1)
  const count = Math.floor(share * ofClass.length)
  const chosen = choice === 'first' ? ofClass : shuffle(key, ofClass)
  for (const row of chosen.slice(0, count)) present[row * modalities + modality] = 0
  return { rows, modalities, present }
}
