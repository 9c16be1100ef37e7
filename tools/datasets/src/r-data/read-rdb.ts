import { inflateSync } from 'node:zlib'
import { DatasetError } from '../dataset-error.js'
import { runCommand } from '../run-command.js'
import { decompressChunk, decompressFile } from './decompress.js'
import { entriesOf, type RValue } from './r-value.js'
import type { ReadROptions } from './read-rda.js'
import { unserialize } from './unserialize.js'

/** A lazy-load database: names at once, objects when they are read. */
export interface LazyLoadDatabase {
  readonly names: readonly string[]
  /** Reads one object. Throws `DatasetError` (`invalid-file`) with the names there are when it is not held. */
  read(name: string): Promise<RValue>
}

/**
 * Opens the pair of files that installed R packages keep data in: `.rdx` (names and places) and `.rdb`.
 *
 * Throws as `readRda` does.
 */
export async function openRdb(rdx: Uint8Array, rdb: Uint8Array, options: ReadROptions = {}): Promise<LazyLoadDatabase> {
  const { name = '.rdb file', run = runCommand } = options
  const index = entriesOf(unserialize(await unpackIndex(rdx, name, run), `${name} (index)`))
  const variables = index.get('variables')
  const packing = index.get('compressed')
  if (
    variables === undefined ||
    (packing?.type !== 'logical' && packing?.type !== 'integer' && packing?.type !== 'double')
  ) {
    throw new DatasetError(
      'invalid-file',
      `${name}: expected an index with "variables" and "compressed", got [${[...index.keys()].join(', ')}]`,
    )
  }
  const compressed = Number(packing.values[0] ?? 0)
  const places = entriesOf(variables)
  const names = [...places.keys()]
  const read = async (wanted: string): Promise<RValue> => {
    const place = places.get(wanted)
    if (place?.type !== 'integer' && place?.type !== 'double') {
      throw new DatasetError(
        'invalid-file',
        `${name}: expected one of [${names.join(', ')}], got ${JSON.stringify(wanted)}`,
        { fields: { names } },
      )
    }
    const [start, length] = place.values.map(Number) as [number, number]
    if (start + length > rdb.length)
      throw new DatasetError(
        'invalid-file',
        `${name}: expected ${length} bytes at ${start}, got a file of ${rdb.length}`,
      )
    const chunk = await decompressChunk(rdb.subarray(start, start + length), compressed, `${name} (${wanted})`, run)
    return unserialize(chunk, `${name} (${wanted})`)
  }
  return { names, read }
}

/** Indexes are zlib streams in R before 4, gzip since. */
async function unpackIndex(
  bytes: Uint8Array,
  name: string,
  run: NonNullable<ReadROptions['run']>,
): Promise<Uint8Array> {
  return bytes[0] === 0x78 ? inflateSync(bytes) : decompressFile(bytes, `${name} (index)`, run)
}
