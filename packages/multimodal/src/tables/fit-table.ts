import { absentEverywhere, type ModalityData, type MultimodalData, type TargetData } from '../data/multimodal-data.js'
import { type DecoderFactory, perceptronDecoder } from '../modules/decoder.js'
import type { EncoderFactory } from '../modules/encoder.js'
import { perceptronEncoder, type PerceptronEncoderOptions } from '../modules/perceptron-encoder.js'
import { checkKnown, invalid } from '../names.js'
import type { Task } from '../tasks/task.js'
import type { ColumnType, TableSchema } from './schema.js'
import { numberAt, type Table, type TableColumn, textAt } from './table.js'
import { fitTargets, type FittedTargets, targetsOf, tasksOf } from './targets.js'

/** How one column becomes features. */
interface FittedColumn {
  readonly name: string
  readonly type: ColumnType
  readonly mean: number
  readonly deviation: number
  /** Of a category. */
  readonly values: readonly string[]
  /** Whether a feature marks missing cells. */
  readonly marks: boolean
}

/** What was learned of a table on its training rows; plain JSON, so that it can be kept with a model. */
export interface FittedTable {
  readonly schema: TableSchema
  readonly columns: Readonly<Record<string, readonly FittedColumn[]>>
  readonly targets: FittedTargets
}

/**
 * Learns from some rows how a table becomes features: means and standard deviations, categories, classes. Fit it on the
 * training rows of a fold, so that nothing of the test rows leaks; then `tableData` applies it to all.
 *
 * Throws `unknown-column`; `non-finite-input` with row and column for a cell that is no finite number;
 * `modality-absent` for a modality without a row; `invalid-argument` for targets that do not fit their kind.
 *
 * @param rows Rows to learn from. Default all.
 */
export function fitTable(table: Table, schema: TableSchema, rows?: ArrayLike<number>): FittedTable {
  const chosen = rows ?? Int32Array.from({ length: table.rowCount }, (_, row) => row)
  const names = Object.keys(table.columns)
  if (chosen.length === 0) throw invalid('fitTable', 'expected at least one row, got none')
  if (Object.keys(schema.modalities).length === 0)
    throw invalid('fitTable', 'modalities: expected at least one, got none')
  const columns = Object.fromEntries(
    Object.entries(schema.modalities).map(([modality, types]) => {
      if (Object.keys(types).length === 0)
        throw invalid('fitTable', `modality "${modality}": expected columns, got none`)
      for (const name of Object.keys(types)) checkKnown(`fitTable: modality "${modality}"`, 'column', name, names)
      // what is missing is counted among the rows that have the modality
      const missing = schema.missing ?? 'all'
      const there = Array.from(chosen).filter((row) => hasModality(table, Object.keys(types), row, missing))
      if (there.length === 0) throw absentEverywhere('fitTable', modality, chosen.length)
      const own = Object.entries(types).map(([name, type]) =>
        fitColumn(table.columns[name], name, type, there, missing),
      )
      return [modality, own]
    }),
  )
  if (schema.group !== undefined) checkKnown('fitTable: group', 'column', schema.group, names)
  return { schema, columns, targets: fitTargets(table, schema.targets, chosen) }
}

/** All rows of a table, or of another one with the same columns, as modalities, targets and groups. */
export function tableData(fitted: FittedTable, table: Table): MultimodalData {
  const { schema } = fitted
  const modalities = Object.fromEntries(
    Object.entries(fitted.columns).map(([name, columns]) => [
      name,
      modalityOf(table, name, columns, schema.missing ?? 'all'),
    ]),
  )
  return { modalities, ...tableLabels(table, schema, fitted.targets) }
}

/** Targets and groups alone, without scaling of features: what `groupedFolds` needs before anything is fitted. */
export function tableLabels(
  table: Table,
  schema: TableSchema,
  targets: FittedTargets = fitTargets(
    table,
    schema.targets,
    Int32Array.from({ length: table.rowCount }, (_, row) => row),
  ),
): { rows: number; targets: Record<string, TargetData>; groups?: readonly (string | number)[] } {
  const { group } = schema
  if (group !== undefined) checkKnown('tableLabels: group', 'column', group, Object.keys(table.columns))
  const groups =
    group === undefined
      ? undefined
      : Array.from({ length: table.rowCount }, (_, row) => textAt(table.columns[group], row) ?? `row ${row}`)
  return { rows: table.rowCount, targets: targetsOf(table, targets), ...(groups === undefined ? {} : { groups }) }
}

/** A task for each target of the schema. */
export function tableTasks(fitted: FittedTable): Record<string, Task> {
  return tasksOf(fitted.targets)
}

/** A perceptron encoder for each modality of a table; options as in `perceptronEncoder`. */
export function tableEncoders(
  fitted: FittedTable,
  options: Omit<PerceptronEncoderOptions, 'inputs'> = {},
): Record<string, EncoderFactory> {
  return Object.fromEntries(
    Object.entries(fitted.columns).map(([name, columns]) => [
      name,
      perceptronEncoder({ inputs: featuresOf(columns).length, ...options }),
    ]),
  )
}

/** A decoder for each task of a table; options as in `perceptronDecoder`. */
export function tableDecoders(
  fitted: FittedTable,
  options: { readonly hidden?: readonly number[] } = {},
): Record<string, DecoderFactory> {
  return Object.fromEntries(
    Object.entries(tableTasks(fitted)).map(([name, task]) => [name, perceptronDecoder(task, options)]),
  )
}

const transformed = (value: number, type: ColumnType): number =>
  type === 'log-number' ? Math.sign(value) * Math.log1p(Math.abs(value)) : value

function fitColumn(
  column: TableColumn,
  name: string,
  type: ColumnType,
  rows: ArrayLike<number>,
  missing: 'all' | 'any',
): FittedColumn {
  let [count, sum, squares, absent] = [0, 0, 0, 0]
  const values = new Set<string>()
  for (let at = 0; at < rows.length; at++) {
    if (type === 'category') {
      const text = textAt(column, rows[at])
      if (text === null) absent += 1
      else values.add(text)
      continue
    }
    const value = transformed(numberAt(column, name, rows[at]), type)
    if (Number.isNaN(value)) {
      absent += 1
      continue
    }
    count += 1
    sum += value
    squares += value * value
  }
  const mean = count === 0 ? 0 : sum / count
  const deviation = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean))
  return {
    name,
    type,
    mean,
    deviation: deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1,
    values: [...values].sort(),
    marks: missing === 'all' && absent > 0 && absent < rows.length,
  }
}

function isMissing(table: Table, name: string, row: number): boolean {
  const column = table.columns[name]
  return column.kind === 'number' ? Number.isNaN(column.values[row]) : column.values[row] === null
}

function hasModality(table: Table, names: readonly string[], row: number, missing: 'all' | 'any'): boolean {
  return missing === 'all'
    ? names.some((name) => !isMissing(table, name, row))
    : names.every((name) => !isMissing(table, name, row))
}

function featuresOf(columns: readonly FittedColumn[]): string[] {
  return columns.flatMap(({ name, type, values, marks }) => [
    ...(type === 'category' ? values.map((value) => `${name} = ${value}`) : [name]),
    ...(marks ? [`${name} is missing`] : []),
  ])
}

function modalityOf(
  table: Table,
  modality: string,
  columns: readonly FittedColumn[],
  missing: 'all' | 'any',
): ModalityData {
  const features = featuresOf(columns)
  const width = features.length
  const values = new Float32Array(table.rowCount * width)
  const present = new Uint8Array(table.rowCount)
  for (const { name } of columns)
    checkKnown(`tableData: modality "${modality}"`, 'column', name, Object.keys(table.columns))
  const names = columns.map(({ name }) => name)
  for (let row = 0; row < table.rowCount; row++) {
    if (!hasModality(table, names, row, missing)) continue
    present[row] = 1
    let at = row * width
    for (const column of columns) {
      const isGone = isMissing(table, column.name, row)
      if (column.type === 'category') {
        const place = isGone ? -1 : column.values.indexOf(textAt(table.columns[column.name], row)!)
        if (place >= 0) values[at + place] = 1
        at += column.values.length
      } else {
        const value = isGone
          ? column.mean
          : transformed(numberAt(table.columns[column.name], column.name, row), column.type)
        values[at++] = (value - column.mean) / column.deviation
      }
      if (column.marks) values[at++] = isGone ? 1 : 0
    }
  }
  return { shape: [width], values, present, features }
}
