import { DatasetError } from '../dataset-error.js'
import { runCommand, type CommandRunner } from '../run-command.js'
import { decompressFile } from './decompress.js'
import { entriesOf, type RValue } from './r-value.js'
import { unserialize } from './unserialize.js'

/** Options of the R-data readers. */
export interface ReadROptions {
  /** Named in errors. Default: the kind of file. */
  readonly name?: string
  /** Runs `xz` and `bzip2`, which files packed with these need. */
  readonly run?: CommandRunner
}

/**
 * The objects of an `.rda` (`.RData`) file by name, packed with gzip, bzip2, xz or nothing.
 *
 * Throws `DatasetError`: `invalid-file`, `unsupported-file`, or `command-missing` without xz or bzip2.
 */
export async function readRda(bytes: Uint8Array, options: ReadROptions = {}): Promise<Map<string, RValue>> {
  const { name = '.rda file', run = runCommand } = options
  const plain = await decompressFile(bytes, name, run)
  const magic = Buffer.from(plain.subarray(0, 5)).toString('latin1')
  if (magic === 'RDA2\n' || magic === 'RDA3\n') {
    throw new DatasetError(
      'unsupported-file',
      `${name}: expected binary R data, got text; in R, save with ascii = FALSE`,
    )
  }
  if (magic !== 'RDX2\n' && magic !== 'RDX3\n') {
    throw new DatasetError('invalid-file', `${name}: expected R data (RDX2 or RDX3), got ${JSON.stringify(magic)}`)
  }
  return entriesOf(unserialize(plain.subarray(5), name))
}

/** The one object of an `.rds` file. Packing and errors as in `readRda`. */
export async function readRds(bytes: Uint8Array, options: ReadROptions = {}): Promise<RValue> {
  const { name = '.rds file', run = runCommand } = options
  return unserialize(await decompressFile(bytes, name, run), name)
}
