import { constants } from 'node:fs'
import { access, mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { LemanicError } from '../errors.js'
import { safetensorsError } from './header.js'
import { planShards } from './plan-shards.js'
import { openSafetensors, readAll, type ByteSource, type HostTensor, type SafetensorsReader } from './reader.js'
import { parseShardIndex, ShardedReader } from './sharded-reader.js'
import { writeAll, type ByteSink } from './writer.js'

const pieceBytes = 64 * 1024 * 1024

/** A file as a byte source; reads go to the disk when asked. */
export async function fileSource(path: string): Promise<ByteSource> {
  const handle = await openForReading(path)
  const { size } = await handle.stat()
  return {
    name: path,
    size,
    async read(begin, end) {
      const bytes = new Uint8Array(end - begin)
      for (let at = 0; at < bytes.byteLength; ) {
        const { bytesRead } = await handle.read(bytes, at, Math.min(pieceBytes, bytes.byteLength - at), begin + at)
        if (bytesRead === 0)
          throw safetensorsError(
            path,
            `truncated while reading: expected bytes up to ${end}, the file ends at ${begin + at}`,
          )
        at += bytesRead
      }
      return bytes
    },
    close: () => handle.close(),
  }
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    const handle = await open(path, 'r')
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
  } catch (cause) {
    throw new LemanicError('file-not-readable', `${path}: cannot be read (${(cause as Error).message})`, {
      fields: { path },
      cause,
    })
  }
  throw new LemanicError('file-not-readable', `${path}: expected a file, got something else`, { fields: { path } })
}

/**
 * A file that appears under its name only when complete: bytes go to a temporary file beside it, which is synchronised
 * to the disk and renamed by `finish`. A file that was there stays as it is until then.
 */
export async function atomicFileSink(path: string): Promise<ByteSink> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const handle = await open(temporary, 'w')
  let isOpen = true
  const abort = async (): Promise<void> => {
    if (!isOpen) return
    isOpen = false
    await handle.close()
    await rm(temporary, { force: true })
  }
  return {
    name: path,
    async write(bytes, position) {
      for (let at = 0; at < bytes.byteLength; ) {
        const { bytesWritten } = await handle.write(
          bytes,
          at,
          Math.min(pieceBytes, bytes.byteLength - at),
          position + at,
        )
        at += bytesWritten
      }
    },
    async finish() {
      await handle.sync()
      await rename(temporary, path)
      isOpen = false
      await handle.close()
      await synchroniseFolder(dirname(path))
    },
    abort,
  }
}

/** Writes a small file atomically, as `atomicFileSink` does. */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const sink = await atomicFileSink(path)
  try {
    await sink.write(typeof content === 'string' ? new TextEncoder().encode(content) : content, 0)
    await sink.finish()
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** Makes renames inside a folder durable, where the system allows it (Windows does not, and does not need it). */
export async function synchroniseFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // not supported here; the files themselves are synchronised
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
}

/**
 * Opens a `.safetensors` file, an index of shards (`….safetensors.index.json`), or a folder that holds one
 * `model.safetensors` or `model.safetensors.index.json`. Headers of all files are checked at once; data are read on
 * demand. Close the reader when done.
 */
export async function openSafetensorsFile(path: string): Promise<SafetensorsReader> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (isFolder) {
    const single = join(path, 'model.safetensors')
    const index = `${single}.index.json`
    const [hasSingle, hasIndex] = [await exists(single), await exists(index)]
    if (hasSingle && hasIndex)
      throw safetensorsError(
        path,
        'holds both model.safetensors and model.safetensors.index.json; pass the path of the one that is meant',
      )
    if (!hasSingle && !hasIndex)
      throw new LemanicError(
        'file-not-readable',
        `${path}: expected model.safetensors or model.safetensors.index.json in this folder, found neither`,
        { fields: { path } },
      )
    return openSafetensorsFile(hasSingle ? single : index)
  }
  if (!path.endsWith('.index.json')) return openSafetensors(await fileSource(path))
  const handle = await openForReading(path)
  await handle.close()
  const index = parseShardIndex(await readFile(path, 'utf8'), path)
  return ShardedReader.open(path, index, async (file) => openSafetensors(await fileSource(join(dirname(path), file))))
}

/** Reads a file, index or folder whole; see `openSafetensorsFile`. */
export async function loadSafetensors(
  path: string,
): Promise<{ readonly tensors: Record<string, HostTensor>; readonly metadata: Readonly<Record<string, string>> }> {
  const reader = await openSafetensorsFile(path)
  try {
    return { tensors: await readAll(reader), metadata: reader.metadata }
  } finally {
    await reader.close()
  }
}

export interface SaveSafetensorsOptions {
  /** Strings stored in each file's header. Default: none. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Largest size of one file's data in bytes; above it shards and an index are written. Default: no limit. */
  readonly maximumShardBytes?: number
}

/**
 * Saves tensors as `path` (ending in `.safetensors`), or, above `maximumShardBytes`, as shards and an index beside it.
 * Each file is written atomically; the index comes last. Returns the paths written, the one to open last.
 */
export async function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, HostTensor>>,
  options: SaveSafetensorsOptions = {},
): Promise<string[]> {
  const { metadata, maximumShardBytes = Infinity } = options
  if (!path.endsWith('.safetensors')) throw safetensorsError(path, 'expected a path that ends in .safetensors')
  if (!(maximumShardBytes > 0))
    throw safetensorsError(path, `expected maximumShardBytes above 0, got ${maximumShardBytes}`)
  const folder = dirname(path)
  const plan = planShards(tensors, basename(path, '.safetensors'), maximumShardBytes)
  const written: string[] = []
  for (const { file, names } of plan.shards) {
    const target = join(folder, file)
    await writeAll(
      await atomicFileSink(target),
      Object.fromEntries(names.map((name) => [name, tensors[name] as HostTensor])),
      metadata,
    )
    written.push(target)
  }
  const indexPath = `${path}.index.json`
  if (plan.index === undefined) {
    await rm(indexPath, { force: true }) // of an earlier, sharded save
  } else {
    await writeFileAtomically(indexPath, plan.index)
    await rm(path, { force: true }) // of an earlier save in one file
    written.push(indexPath)
  }
  return written
}
