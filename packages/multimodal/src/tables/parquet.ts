import { LemanicError } from '@lemanic/tensor-core'
import { type Cell, type Table, tableOf } from './table.js'

/**
 * A table from the bytes of a Parquet file, by hyparquet. Dates become ISO texts.
 *
 * Throws `invalid-table` for bytes that are no Parquet file, or columns that hold lists or structures.
 *
 * @param options.columns Which columns to keep. Default all.
 */
export async function parseParquet(
  bytes: Uint8Array | ArrayBuffer,
  options: { readonly columns?: (name: string) => boolean } = {},
): Promise<Table> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
  const file =
    bytes instanceof ArrayBuffer
      ? bytes
      : (bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer)
  let rows: Record<string, unknown>[]
  let names: string[]
  try {
    const metadata = await parquetMetadataAsync({
      byteLength: file.byteLength,
      slice: (from, to) => file.slice(from, to),
    })
    const top = metadata.schema[0]?.num_children ?? 0
    names = metadata.schema.slice(1).map(({ name }) => name)
    if (names.length !== top) {
      throw new LemanicError(
        'invalid-table',
        'parseParquet: expected columns of plain cells, got lists or structures',
        {
          fields: { names },
          help: 'write one column for each number or text',
        },
      )
    }
    names = names.filter(options.columns ?? (() => true))
    rows = await parquetReadObjects({ file, columns: names })
  } catch (cause) {
    if (LemanicError.isInstance(cause)) throw cause
    throw new LemanicError(
      'invalid-table',
      `parseParquet: expected a Parquet file, got ${file.byteLength} bytes: ${(cause as Error).message}`,
      { cause },
    )
  }
  return tableOf(Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name] as Cell)])))
}
