import { LemanicError } from '@lemanic/tensor-core'
import { ColumnBuilder, type Table } from './table.js'

export interface CsvOptions {
  /** Default `,`. */
  readonly delimiter?: string
  /** Cells that are missing, besides empty ones; in any case. Default NA, N/A, NaN, null, none. */
  readonly missing?: readonly string[]
  /** Which columns to keep: wide files fit into memory then. Default all. */
  readonly columns?: (name: string) => boolean
}

const number = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$|^[+-]?inf(inity)?$/i

/**
 * A table from CSV text (RFC 4180: quotes, doubled quotes, line breaks inside quotes; CRLF or LF), with names in the first
 * line. A column is one of numbers when every cell that is there is one.
 *
 * Throws `invalid-table` with the line for a row with another number of cells, a quote that is never closed, and names
 * that are empty or occur twice.
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  const reader = new CsvReader(options)
  reader.add(text)
  return reader.finish()
}

/** As `parseCsv`, for files that are too long for one string: pieces of text, from a stream for instance. */
export async function readCsv(
  chunks: AsyncIterable<string> | Iterable<string>,
  options: CsvOptions = {},
): Promise<Table> {
  const reader = new CsvReader(options)
  for await (const chunk of chunks) reader.add(chunk)
  return reader.finish()
}

/** Takes text apart as it comes; where a piece ends does not matter. */
class CsvReader {
  readonly #delimiter: string
  readonly #missing: ReadonlySet<string>
  readonly #keeps: (name: string) => boolean
  #cell = ''
  #cells: string[] = []
  #quoted: boolean[] = []
  #state: 'start' | 'plain' | 'quoted' | 'quote-in-quoted' = 'start'
  #wasQuoted = false
  #afterReturn = false
  #line = 1
  #rowLine = 1
  #names: string[] | undefined
  #builders: (ColumnBuilder | undefined)[] = []
  #rows = 0

  constructor({ delimiter = ',', missing = ['na', 'n/a', 'nan', 'null', 'none'], columns = () => true }: CsvOptions) {
    if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n')
      throw new LemanicError(
        'invalid-argument',
        `parseCsv: delimiter: expected one character, got ${JSON.stringify(delimiter)}`,
      )
    this.#delimiter = delimiter
    this.#missing = new Set(['', ...missing.map((word) => word.toLowerCase())])
    this.#keeps = columns
  }

  add(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const character = text[at]
      if (this.#line === 1 && this.#cells.length === 0 && this.#cell === '' && character === '\uFEFF') continue
      if (this.#state === 'quoted') {
        if (character === '"') this.#state = 'quote-in-quoted'
        else {
          if (character === '\n') this.#line += 1
          this.#cell += character
        }
        continue
      }
      if (character === '"' && this.#state === 'quote-in-quoted') {
        this.#cell += '"'
        this.#state = 'quoted'
      } else if (character === '"' && this.#state === 'start') {
        this.#state = 'quoted'
        this.#wasQuoted = true
      } else if (character === this.#delimiter) this.#endCell()
      else if (character === '\n' || character === '\r') {
        if (!(character === '\n' && this.#afterReturn)) this.#endRow()
      } else if (this.#state === 'quote-in-quoted') {
        throw this.#error(
          `expected ${JSON.stringify(this.#delimiter)} or the end of the line after a closing quote, got ${JSON.stringify(character)}`,
        )
      } else {
        this.#cell += character
        this.#state = 'plain'
      }
      this.#afterReturn = character === '\r'
    }
  }

  finish(): Table {
    if (this.#state === 'quoted') throw this.#error('expected a closing quote, got the end of the text')
    if (this.#state !== 'start' || this.#cells.length > 0) this.#endRow()
    if (this.#names === undefined) throw this.#error('expected a line of column names, got nothing')
    const kept = this.#names.flatMap((name, at) => {
      const builder = this.#builders[at]
      return builder === undefined ? [] : [[name, builder.finish()] as const]
    })
    return { rowCount: this.#rows, columns: Object.fromEntries(kept) }
  }

  #endCell(): void {
    this.#cells.push(this.#cell)
    this.#quoted.push(this.#wasQuoted)
    this.#cell = ''
    this.#wasQuoted = false
    this.#state = 'start'
  }

  #endRow(): void {
    const isBlank = this.#cells.length === 0 && this.#cell === '' && !this.#wasQuoted
    if (!isBlank || this.#names?.length === 1) {
      this.#endCell()
      if (this.#names === undefined) this.#readNames(this.#cells)
      else this.#readRow(this.#names)
    }
    this.#cells = []
    this.#quoted = []
    this.#line += 1
    this.#rowLine = this.#line
  }

  #readNames(names: string[]): void {
    names.forEach((name, at) => {
      if (name.trim() === '' && at > 0) throw this.#error(`expected a name for column ${at}, got nothing`)
      if (names.indexOf(name) !== at)
        throw this.#error(`expected each column name once, got ${JSON.stringify(name)} twice`)
    })
    // data frames that were written with their row names have a first column without a name
    this.#names = names.map((name) => (name.trim() === '' ? 'row' : name.trim()))
    this.#builders = this.#names.map((name) => (this.#keeps(name) ? new ColumnBuilder() : undefined))
  }

  #readRow(names: readonly string[]): void {
    if (this.#cells.length !== names.length)
      throw this.#error(`expected ${names.length} cells, as there are column names, got ${this.#cells.length}`)
    this.#builders.forEach((builder, at) => {
      if (builder === undefined) return
      const raw = this.#cells[at]
      const cell = this.#quoted[at] ? raw : raw.trim()
      if (this.#missing.has(cell.toLowerCase())) builder.add(null)
      else if (number.test(cell))
        builder.add(/inf/i.test(cell) ? (cell.startsWith('-') ? -Infinity : Infinity) : Number(cell))
      else builder.add(cell)
    })
    this.#rows += 1
  }

  #error(message: string): LemanicError {
    return new LemanicError('invalid-table', `parseCsv: line ${this.#rowLine}: ${message}`, {
      fields: { line: this.#rowLine },
    })
  }
}
