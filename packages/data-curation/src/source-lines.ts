import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CurationError } from './curation-error.js'

/**
 * The lines of a UTF-8 text file, without their ends (`\n` or `\r\n`), decompressed when its name ends in `.gz`.
 *
 * One line at a time is in memory. A byte order mark at the start is dropped.
 */
export async function* sourceLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path)
  // `pipeline` hands an error of the file on to the last stream, where the loop below meets it.
  const source = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of source) {
      const lines = decoder.decode(chunk as Uint8Array, { stream: true }).split('\n')
      lines[0] = rest + lines[0]
      rest = lines.pop()!
      for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
    }
    rest += decoder.decode()
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    file.destroy()
  }
  if (rest !== '') yield rest
}

/** A file or folder that cannot be read. */
export function unreadable(path: string, cause: unknown): CurationError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new CurationError('unreadable-source', `cannot read ${path}: ${reason}`, {
    fields: { path },
    help: 'check the path, its permissions, and that a .gz file is complete',
    cause,
  })
}
