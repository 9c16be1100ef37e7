import { DatasetError } from '../dataset-error.js'
import { attributeOf, stringsOf, type RValue } from './r-value.js'

/** A column: `null` is NA. Factors come as their labels, with all `levels`. */
export interface DataColumn {
  readonly kind: 'number' | 'string' | 'boolean' | 'factor' | 'date' | 'list'
  readonly values: readonly unknown[]
  readonly levels?: readonly string[]
}

/** A table with named columns of one length. */
export interface DataFrame {
  readonly rowCount: number
  readonly names: readonly string[]
  readonly columns: Readonly<Record<string, DataColumn>>
  /** Row names, where the table has any of its own. */
  readonly rowNames?: readonly string[]
}

/**
 * An R data frame (or matrix with column names) as columns. Dates come as ISO days (`2021-03-04`).
 *
 * Throws `DatasetError` (`invalid-file`) when the value is no table.
 */
export function toDataFrame(value: RValue, name = 'R value'): DataFrame {
  if (value.type === 'list' && stringsOf(attributeOf(value, 'class'))?.includes('data.frame') === true) {
    const names = stringsOf(attributeOf(value, 'names')) ?? []
    const columns = value.values.map(toColumn)
    const rowNames = stringsOf(attributeOf(value, 'row.names'))
    const rowCount = columns[0]?.values.length ?? rowNames?.length ?? 0
    const uneven = columns.findIndex(({ values }) => values.length !== rowCount)
    if (uneven >= 0)
      throw new DatasetError(
        'invalid-file',
        `${name}: expected ${rowCount} rows in each column, got ${columns[uneven]!.values.length} in ${names[uneven]}`,
      )
    return frame(names, columns, rowCount, rowNames)
  }
  const dimensions = attributeOf(value, 'dim')
  if (dimensions?.type === 'integer' && dimensions.values.length === 2 && 'values' in value) {
    const [rowCount, width] = dimensions.values.map(Number) as [number, number]
    const labels = attributeOf(value, 'dimnames')
    const [rows, heads] = labels?.type === 'list' ? labels.values.map(stringsOf) : []
    const columns = Array.from({ length: width }, (_, index) =>
      toColumn({
        ...value,
        values: value.values.slice(index * rowCount, (index + 1) * rowCount),
        attributes: {},
      } as RValue),
    )
    return frame(heads ?? columns.map((_, index) => `V${index + 1}`), columns, rowCount, rows)
  }
  throw new DatasetError('invalid-file', `${name}: expected a data frame or a matrix, got a ${value.type}`)
}

function frame(
  names: readonly string[],
  columns: readonly DataColumn[],
  rowCount: number,
  rowNames: readonly string[] | undefined,
): DataFrame {
  const byName = Object.fromEntries(names.map((name, index) => [name, columns[index]!]))
  return { rowCount, names, columns: byName, ...(rowNames !== undefined && { rowNames }) }
}

function toColumn(value: RValue): DataColumn {
  const classes = stringsOf(attributeOf(value, 'class')) ?? []
  const levels = stringsOf(attributeOf(value, 'levels'))
  switch (value.type) {
    case 'integer':
    case 'double':
      if (levels !== undefined && classes.includes('factor')) {
        return { kind: 'factor', levels, values: value.values.map((code) => (code === null ? null : levels[code - 1])) }
      }
      if (classes.includes('Date')) {
        return {
          kind: 'date',
          values: value.values.map((day) =>
            day === null ? null : new Date(day * 86_400_000).toISOString().slice(0, 10),
          ),
        }
      }
      return { kind: 'number', values: value.values }
    case 'logical':
      return { kind: 'boolean', values: value.values }
    case 'string':
      return { kind: 'string', values: value.values }
    default:
      return { kind: 'list', values: 'values' in value ? [...value.values] : [] }
  }
}
