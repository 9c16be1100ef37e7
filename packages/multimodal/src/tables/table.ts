import { LemanicError } from '@lemanic/tensor-core'

/** A column: numbers with NaN for missing cells, or texts with null for them. */
export type TableColumn =
  | { readonly kind: 'number'; readonly values: Float64Array }
  | { readonly kind: 'text'; readonly values: readonly (string | null)[] }

/** A table with named columns of one length. */
export interface Table {
  readonly rowCount: number
  readonly columns: Readonly<Record<string, TableColumn>>
}

/** A cell as it may come from a program: undefined and null are missing, as is NaN. */
export type Cell = string | number | boolean | bigint | Date | null | undefined

/** Collects the cells of one column: numbers as long as all are, else texts. */
export class ColumnBuilder {
  #numbers = new Float64Array(64)
  #texts: (string | null)[] | undefined
  #length = 0

  add(cell: Cell): void {
    if (this.#texts === undefined) {
      const value = numberOf(cell)
      if (value !== undefined) {
        if (this.#length === this.#numbers.length) {
          const larger = new Float64Array(2 * this.#length)
          larger.set(this.#numbers)
          this.#numbers = larger
        }
        this.#numbers[this.#length++] = value
        return
      }
      this.#texts = Array.from(this.#numbers.subarray(0, this.#length), (one) =>
        Number.isNaN(one) ? null : String(one),
      )
    }
    this.#length += 1
    this.#texts.push(textOf(cell))
  }

  finish(): TableColumn {
    return this.#texts === undefined
      ? { kind: 'number', values: this.#numbers.slice(0, this.#length) }
      : { kind: 'text', values: this.#texts }
  }
}

function numberOf(cell: Cell): number | undefined {
  if (cell === null || cell === undefined) return NaN
  if (typeof cell === 'number' || typeof cell === 'bigint') return Number(cell)
  if (typeof cell === 'boolean') return cell ? 1 : 0
  return undefined
}

function textOf(cell: Cell): string | null {
  if (cell === null || cell === undefined || (typeof cell === 'number' && Number.isNaN(cell))) return null
  return cell instanceof Date ? cell.toISOString() : String(cell)
}

/**
 * A table from columns of cells, as other readers give them (data frames, databases).
 *
 * Throws `invalid-table` for columns of different lengths.
 */
export function tableOf(columns: Readonly<Record<string, Iterable<Cell>>>): Table {
  const built: Record<string, TableColumn> = {}
  let rowCount: number | undefined
  for (const [name, cells] of Object.entries(columns)) {
    const builder = new ColumnBuilder()
    for (const cell of cells) builder.add(cell)
    const column = builder.finish()
    rowCount ??= column.values.length
    if (column.values.length !== rowCount) {
      throw new LemanicError(
        'invalid-table',
        `tableOf: column "${name}": expected ${rowCount} cells as in the first column, got ${column.values.length}`,
        { fields: { column: name } },
      )
    }
    built[name] = column
  }
  return { rowCount: rowCount ?? 0, columns: built }
}

/** Some rows of a table, in the order given. */
export function tableRows(table: Table, rows: ArrayLike<number>): Table {
  return {
    rowCount: rows.length,
    columns: Object.fromEntries(
      Object.entries(table.columns).map(([name, column]): [string, TableColumn] => [
        name,
        column.kind === 'number'
          ? { kind: 'number', values: Float64Array.from(rows, (row) => column.values[row]) }
          : { kind: 'text', values: Array.from(rows, (row) => column.values[row]) },
      ]),
    ),
  }
}

/** The cell as text; null where it is missing. */
export function textAt(column: TableColumn, row: number): string | null {
  if (column.kind === 'text') return column.values[row]
  return Number.isNaN(column.values[row]) ? null : String(column.values[row])
}

/** The cell as a number; NaN where it is missing. Throws `non-finite-input`, with row and column, where it is none. */
export function numberAt(column: TableColumn, name: string, row: number): number {
  const cell = column.values[row]
  if (cell === null) return NaN
  const value = typeof cell === 'number' ? cell : cell.trim() === '' ? Infinity : Number(cell)
  if (Number.isFinite(value) || (typeof cell === 'number' && Number.isNaN(cell))) return value
  throw new LemanicError(
    'non-finite-input',
    `table: row ${row}, column "${name}": expected a finite number, got ${JSON.stringify(String(cell))}`,
    {
      fields: { row, column: name, value: cell },
      help: 'correct the cell, leave it empty, or make the column a category',
    },
  )
}
