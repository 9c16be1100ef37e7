import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataSetEntry, DataSetSource } from './data-set.js'
import { DatasetError } from './dataset-error.js'
import { lastLines, type FetchedFile } from './from-npm.js'
import type { CommandRunner } from './run-command.js'

/**
 * Downloads the Debian package with apt and takes the entry's files out of it; nothing is installed and
 * no right of the administrator is needed. Where the pinned version is no longer there, the current one
 * is taken: the files are checked one by one against their own pinned hashes.
 *
 * `scratch` is an empty folder. Throws `DatasetError`: `command-missing` without apt or dpkg, and
 * `source-failed` when they fail.
 */
export async function fetchFromApt(
  entry: DataSetEntry,
  source: Extract<DataSetSource, { kind: 'apt' }>,
  scratch: string,
  run: CommandRunner,
  signal?: AbortSignal,
): Promise<FetchedFile[]> {
  const download = (name: string) => run('apt-get', ['download', name], { cwd: scratch, signal })
  let result = await download(`${source.package}=${source.version}`)
  if (result.code !== 0) result = await download(source.package)
  const archive = (await readdir(scratch)).find((file) => file.endsWith('.deb'))
  if (result.code !== 0 || archive === undefined) {
    throw new DatasetError(
      'source-failed',
      `${entry.name}: expected apt-get to download ${source.package} ${source.version}, got exit code ${result.code}${lastLines(result.stderr)}`,
      {
        fields: { dataSet: entry.name },
        help: 'if apt does not know the package, "apt-get update" (as administrator) refreshes its lists',
      },
    )
  }
  const unpacked = join(scratch, 'unpacked')
  const { code, stderr } = await run('dpkg-deb', ['-x', join(scratch, archive), unpacked], { cwd: scratch, signal })
  if (code !== 0) {
    throw new DatasetError(
      'source-failed',
      `${entry.name}: expected dpkg-deb to unpack ${archive}, got exit code ${code}${lastLines(stderr)}`,
      { fields: { dataSet: entry.name } },
    )
  }
  const files: FetchedFile[] = []
  for (const { path } of entry.files) {
    const content = await readFile(join(unpacked, source.folder, path)).catch(() => undefined)
    if (content !== undefined) files.push({ path, content })
  }
  return files
}
