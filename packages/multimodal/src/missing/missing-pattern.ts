import { LemanicError } from '@lemanic/tensor-core'

/** Which modality of which row is there. */
export interface MissingPattern {
  readonly rows: number
  readonly modalities: number
  /** Row-major, [rows, modalities]: 1 where present, 0 where missing. */
  readonly present: Uint8Array
}

/** Refuses a size that is not a positive integer. */
export function checkSize(where: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return
  throw new LemanicError(
    'invalid-argument',
    `${where}: expected "${name}" to be an integer of at least 1, got ${value}`,
    { fields: { [name]: value } },
  )
}

/** Refuses what is not a share of a whole. */
export function checkShare(where: string, name: string, value: number): void {
  if (value >= 0 && value <= 1) return
  throw new LemanicError('invalid-argument', `${where}: expected "${name}" from 0 to 1, got ${value}`, {
    fields: { [name]: value },
  })
}

/** Rows that have the modality, ascending. */
export function rowsWith(pattern: MissingPattern, modality: number): Int32Array {
  if (!Number.isInteger(modality) || modality < 0 || modality >= pattern.modalities) {
    throw new LemanicError(
      'invalid-argument',
      `rowsWith: expected a modality from 0 to ${pattern.modalities - 1}, got ${modality}`,
      { fields: { modality } },
    )
  }
  const rows: number[] = []
  for (let row = 0; row < pattern.rows; row++)
    if (pattern.present[row * pattern.modalities + modality] === 1) rows.push(row)
  return Int32Array.from(rows)
}

/** Share of rows that lack each modality, [modalities]. */
export function missingShares(pattern: MissingPattern): Float64Array {
  const shares = new Float64Array(pattern.modalities)
  for (let modality = 0; modality < pattern.modalities; modality++) {
    shares[modality] = 1 - rowsWith(pattern, modality).length / pattern.rows
  }
  return shares
}

/** Present only where both patterns say so: how independent causes of missingness combine. */
export function combinePatterns(first: MissingPattern, second: MissingPattern): MissingPattern {
  if (first.rows !== second.rows || first.modalities !== second.modalities) {
    throw new LemanicError(
      'invalid-shape',
      `combinePatterns: expected two patterns of one size, got [${first.rows}, ${first.modalities}] and [${second.rows}, ${second.modalities}]`,
      { fields: { first: [first.rows, first.modalities], second: [second.rows, second.modalities] } },
    )
  }
  return { ...first, present: first.present.map((value, index) => value & second.present[index]) }
}
