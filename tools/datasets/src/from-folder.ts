import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, relative, resolve, sep } from 'node:path'
import type { DataSetEntry, DataSetFile } from './data-set.js'
import { DatasetError } from './dataset-error.js'
import { cardOf, listFiles, opened, type FetchedDataSet } from './fetched-data-set.js'

/**
 * A data set in a folder of the user's: each file is looked for by its path, then by its name, then
 * with or without `.gz`. The card says whether the content is that of the pinned version.
 *
 * Throws `DatasetError` (`data-set-missing`) with the files that are not there.
 */
export async function openFolder(entry: DataSetEntry, folder: string, folderOption: string): Promise<FetchedDataSet> {
  const root = resolve(folder)
  const found = await stat(root).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new DatasetError(
      'data-set-missing',
      `${entry.name} (${entry.title}): expected a folder, got ${JSON.stringify(folder)}, which ${found === undefined ? 'does not exist' : 'is not a folder'} (looked at ${root})`,
      {
        fields: { dataSet: entry.name, lookedAt: [root] },
        help: `give a folder with ${listFiles(entry)} by ${folderOption}`,
      },
    )
  }
  const paths = new Map<string, string>()
  const missing: string[] = []
  let pinned = true
  for (const file of entry.files) {
    const place = await findFile(root, file)
    if (place === undefined) missing.push(file.path)
    else {
      paths.set(file.path, place)
      pinned &&= await isPinned(place, file)
    }
  }
  if (entry.pattern !== undefined) {
    const { expression, count } = entry.pattern
    const entries = await readdir(root, { recursive: true, withFileTypes: true })
    for (const item of entries) {
      if (!item.isFile()) continue
      const path = relative(root, join(item.parentPath, item.name)).split(sep).join('/')
      if (expression.test(path)) paths.set(path, join(root, path))
    }
    const matching = paths.size - entry.files.length + missing.length
    pinned = false // many files: none is hashed
    if (matching === 0) missing.push(`files like ${expression.source} (the pinned version has ${count})`)
  }
  if (missing.length > 0) {
    throw new DatasetError(
      'data-set-missing',
      `${entry.name} (${entry.title}): expected ${missing.join(', ')} in ${root}, got none of ${missing.length === 1 ? 'this name' : 'these names'}`,
      {
        fields: { dataSet: entry.name, lookedAt: [root], missing },
        help: `the folder given by ${folderOption} needs ${listFiles(entry)}`,
      },
    )
  }
  const sizes = await Promise.all([...paths.values()].map(async (path) => (await stat(path)).size))
  const card = cardOf(entry, `read from the folder ${folder}`)
  return opened(entry, paths, 'folder', {
    ...card,
    version: pinned ? card.version : 'of the user',
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  })
}

async function findFile(root: string, { path }: DataSetFile): Promise<string | undefined> {
  const other = path.endsWith('.gz') ? path.slice(0, -3) : `${path}.gz`
  for (const candidate of [path, basename(path), other, basename(other)]) {
    const found = await stat(join(root, candidate)).catch(() => undefined)
    if (found?.isFile() === true) return join(root, candidate)
  }
  return undefined
}

async function isPinned(place: string, file: DataSetFile): Promise<boolean> {
  if (file.sha256 === undefined) return false
  return (
    createHash('sha256')
      .update(await readFile(place))
      .digest('hex') === file.sha256
  )
}
