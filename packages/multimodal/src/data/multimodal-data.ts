import { LemanicError } from '@lemanic/tensor-core'
import type { MissingPattern } from '../missing/missing-pattern.js'
import { checkKnown, invalid } from '../names.js'

/** One modality of all samples. */
export interface ModalityData {
  /** Shape of one sample: [features], [time, features], [height, width, channels]. */
  readonly shape: readonly number[]
  /** [rows, …shape], row-major. What a missing sample holds is never looked at. */
  readonly values: Float32Array
  /** [rows]: 1 where the sample has the modality. */
  readonly present: Uint8Array
  /** Names of the features, where they have any. */
  readonly features?: readonly string[]
}

/** What is to be predicted, of all samples. */
export interface TargetData {
  /** Numbers in `values` for one sample: 1, the labels of a multi-label task, 2 (interval, event) for survival. */
  readonly width: number
  /** [rows, width] */
  readonly values: Float32Array
  /** [rows, labels]: 1 where the label is known. labels = width for multi-label tasks, else 1. */
  readonly known: Uint8Array
}

/** Samples of several modalities, with the targets of several tasks. Immutable: every function makes a new one. */
export interface MultimodalData {
  readonly rows: number
  readonly modalities: Readonly<Record<string, ModalityData>>
  readonly targets: Readonly<Record<string, TargetData>>
  /** Whose sample it is (a patient, a school, a station): a group never crosses folds. */
  readonly groups?: readonly (string | number)[]
}

const product = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/** Numbers that one sample of a modality holds. */
export function sizeOfModality(modality: ModalityData): number {
  return product(modality.shape)
}

/**
 * Checks sizes, and that every number that will be looked at is finite.
 *
 * Throws `LemanicError`: `invalid-data` for sizes that do not fit, `non-finite-input` with modality, row and column,
 * `modality-absent` for a modality that no sample has, `no-labels` for a task that no sample has a label of.
 */
export function checkData(data: MultimodalData, where = 'checkData'): MultimodalData {
  const { rows, modalities, targets, groups } = data
  if (!Number.isInteger(rows) || rows < 1) throw invalid(where, `expected at least 1 row, got ${rows}`)
  if (Object.keys(modalities).length === 0) throw invalid(where, 'expected at least one modality, got none')
  if (groups !== undefined && groups.length !== rows) throw wrongSize(where, '"groups"', rows, groups.length)
  for (const [name, modality] of Object.entries(modalities)) checkModality(where, name, modality, rows)
  for (const [name, target] of Object.entries(targets)) checkTarget(where, name, target, rows)
  return data
}

function checkModality(where: string, name: string, modality: ModalityData, rows: number): void {
  const size = sizeOfModality(modality)
  const { values, present, features, shape } = modality
  if (shape.length < 1 || size < 1) throw invalid(where, `modality "${name}": expected a shape, got [${shape.join()}]`)
  if (values.length !== rows * size) throw wrongSize(where, `modality "${name}"`, rows * size, values.length)
  if (present.length !== rows) throw wrongSize(where, `"present" of modality "${name}"`, rows, present.length)
  for (let row = 0; row < rows; row++) {
    if (present[row] === 0) continue
    for (let at = row * size; at < (row + 1) * size; at++) {
      if (Number.isFinite(values[at])) continue
      const column = at - row * size
      const called = features?.[column % features.length]
      throw new LemanicError(
        'non-finite-input',
        `${where}: modality "${name}", row ${row}, column ${column}${called === undefined ? '' : ` ("${called}")`}: expected a finite number, got ${values[at]}`,
        {
          fields: { modality: name, row, column, feature: called, value: values[at] },
          help: 'mark the sample as missing (present 0), or let tableModalities fill single cells',
        },
      )
    }
  }
  if (!present.includes(1)) throw absentEverywhere(where, name, rows)
}

/** The error for a modality that nobody has. */
export function absentEverywhere(where: string, name: string, rows: number): LemanicError {
  return new LemanicError(
    'modality-absent',
    `${where}: expected modality "${name}" to be present in at least one of ${rows} rows, got none: nothing can be learned of it`,
    { fields: { modality: name, rows }, help: `leave "${name}" out, or give rows that have it` },
  )
}

function checkTarget(where: string, name: string, { width, values, known }: TargetData, rows: number): void {
  if (values.length !== rows * width) throw wrongSize(where, `targets of task "${name}"`, rows * width, values.length)
  const labels = known.length / rows
  if (labels !== 1 && labels !== width) throw wrongSize(where, `"known" of task "${name}"`, rows, known.length)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const isKnown = known[row * labels + (labels === 1 ? 0 : column)] === 1
      if (!isKnown || Number.isFinite(values[row * width + column])) continue
      throw new LemanicError(
        'non-finite-input',
        `${where}: task "${name}", row ${row}, column ${column}: expected a finite number, got ${values[row * width + column]}`,
        { fields: { task: name, row, column }, help: 'mark the label as unknown (known 0)' },
      )
    }
  }
  if (!known.includes(1)) {
    throw new LemanicError('no-labels', `${where}: expected task "${name}" to have a label in some row, got none`, {
      fields: { task: name },
    })
  }
}

function wrongSize(where: string, what: string, expected: number, got: number): LemanicError {
  return new LemanicError('invalid-data', `${where}: ${what}: expected ${expected} entries, got ${got}`, {
    fields: { expected, got },
  })
}

/** Some rows, in the order given; a row may come twice. */
export function selectRows(data: MultimodalData, rows: ArrayLike<number>): MultimodalData {
  const count = rows.length
  const pick = <Values extends Float32Array | Uint8Array>(values: Values, width: number): Values => {
    const out = new (values.constructor as new (length: number) => Values)(count * width)
    for (let at = 0; at < count; at++) {
      const from = rows[at]
      if (!Number.isInteger(from) || from < 0 || from >= data.rows) {
        throw invalid('selectRows', `expected rows from 0 to ${data.rows - 1}, got ${from}`)
      }
      out.set(values.subarray(from * width, (from + 1) * width), at * width)
    }
    return out
  }
  const { modalities, targets, groups } = data
  return {
    rows: count,
    modalities: mapValues(modalities, (modality) => ({
      ...modality,
      values: pick(modality.values, sizeOfModality(modality)),
      present: pick(modality.present, 1),
    })),
    targets: mapValues(targets, (target) => ({
      ...target,
      values: pick(target.values, target.width),
      known: pick(target.known, target.known.length / data.rows),
    })),
    ...(groups === undefined ? {} : { groups: Array.from(rows, (row) => groups[row]) }),
  }
}

/** The same data with further cells missing: those that the pattern takes. Its columns follow `names`. */
export function withMissing(
  data: MultimodalData,
  pattern: MissingPattern,
  names: readonly string[] = Object.keys(data.modalities),
): MultimodalData {
  if (pattern.rows !== data.rows || pattern.modalities !== names.length) {
    throw new LemanicError(
      'invalid-shape',
      `withMissing: expected a pattern of [${data.rows}, ${names.length}], got [${pattern.rows}, ${pattern.modalities}]`,
    )
  }
  const modalities = { ...data.modalities }
  names.forEach((name, column) => {
    checkKnown('withMissing', 'modality', name, Object.keys(data.modalities))
    const modality = data.modalities[name]
    const present = modality.present.map((value, row) => value & pattern.present[row * names.length + column])
    modalities[name] = { ...modality, present }
  })
  return { ...data, modalities }
}

/** Which sample has which modality, in the order of `names`. */
export function patternOf(
  data: MultimodalData,
  names: readonly string[] = Object.keys(data.modalities),
): MissingPattern {
  const present = new Uint8Array(data.rows * names.length)
  names.forEach((name, column) => {
    checkKnown('patternOf', 'modality', name, Object.keys(data.modalities))
    for (let row = 0; row < data.rows; row++) present[row * names.length + column] = data.modalities[name].present[row]
  })
  return { rows: data.rows, modalities: names.length, present }
}

/** Applies `f` to the values of a record. */
export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  f: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]))
}
