import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { bytesOf, fileCountOf, type DataSetEntry } from './data-set.js'
import { DatasetError } from './dataset-error.js'
import { cardOf, opened, type FetchedDataSet } from './fetched-data-set.js'
import type { FetchedFile } from './from-npm.js'

interface Complete {
  readonly version: string
  readonly files: readonly (readonly [path: string, bytes: number])[]
}
const completeFile = '.complete.json' // written last: its presence says that all is there

/**
 * Writes the files of an entry into the cache: into a folder of its own first, which is then moved into
 * place, so that nothing half written is ever found and many processes may fetch at once.
 */
export async function keep(entry: DataSetEntry, files: readonly FetchedFile[], target: string): Promise<void> {
  const partial = `${target}.${randomUUID()}.partial`
  try {
    for (const { path, content } of files) {
      await mkdir(dirname(join(partial, path)), { recursive: true })
      await writeFile(join(partial, path), content)
    }
    const complete: Complete = {
      version: entry.source.version,
      files: files.map(({ path, content }) => [path, content.length]),
    }
    await writeFile(join(partial, completeFile), JSON.stringify(complete))
    await rename(partial, target).catch(async () => {
      // Another process was first, or what stands there is not whole.
      if ((await openCache(entry, target, 'cache')) !== undefined) return
      await rm(target, { recursive: true, force: true })
      await rename(partial, target)
    })
  } catch (cause) {
    throw new DatasetError(
      'source-failed',
      `${entry.name}: expected to write to ${target}, got: ${(cause as Error).message}`,
      { help: 'give a cache folder that can be written', cause },
    )
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

/** The entry in the cache; `undefined` when it is not there, of another version, or not whole. */
export async function openCache(
  entry: DataSetEntry,
  folder: string,
  from: FetchedDataSet['from'],
): Promise<FetchedDataSet | undefined> {
  let complete: Complete
  try {
    complete = JSON.parse(await readFile(join(folder, completeFile), 'utf8')) as Complete
  } catch {
    return undefined
  }
  const bytes = complete.files.reduce((sum, [, size]) => sum + size, 0)
  if (
    complete.version !== entry.source.version ||
    complete.files.length !== fileCountOf(entry) ||
    bytes !== bytesOf(entry)
  )
    return undefined
  for (const [path, size] of complete.files) {
    const found = await stat(join(folder, path)).catch(() => undefined)
    if (found?.size !== size) return undefined
  }
  const paths = new Map(complete.files.map(([path]) => [path, join(folder, path)]))
  return opened(entry, paths, from, cardOf(entry))
}
