import { DatasetError } from './dataset-error.js'

/** A regular file of an archive. */
export interface TarFile {
  readonly path: string
  readonly content: Uint8Array
}

/**
 * The regular files of a tar archive (ustar, with GNU and pax long names) that `wanted` accepts.
 *
 * Directories and links are passed over. Throws `DatasetError` (`invalid-file`) for a truncated archive,
 * a wrong checksum, or a path that leaves the archive's own folder.
 */
export function* readTar(archive: Uint8Array, wanted: (path: string) => boolean): Generator<TarFile> {
  let longName: string | undefined
  for (let offset = 0; offset + 512 <= archive.length; ) {
    const header = archive.subarray(offset, offset + 512)
    if (header.every((byte) => byte === 0)) return
    checkHeader(header, offset)
    const size = readNumber(header, 124, 12)
    const start = offset + 512
    const end = start + size
    if (end > archive.length) throw broken(`expected ${size} bytes at ${start}, got ${archive.length - start}`)
    offset = start + Math.ceil(size / 512) * 512
    const content = archive.subarray(start, end)
    const type = String.fromCharCode(header[156]!)
    if (type === 'L') {
      longName = readString(content, 0, size)
      continue
    }
    if (type === 'x') {
      longName = paxPath(content) ?? longName
      continue
    }
    const prefix = readString(header, 257, 5) === 'ustar' ? readString(header, 345, 155) : ''
    const name = readString(header, 0, 100)
    const path = (longName ?? (prefix === '' ? name : `${prefix}/${name}`)).replace(/^\.\//, '')
    longName = undefined
    if ((type !== '0' && type !== '\0') || !wanted(path)) continue
    if (path.startsWith('/') || path.includes('\\') || path.split('/').includes('..'))
      throw broken(`expected paths inside the archive, got ${JSON.stringify(path)}`)
    yield { path, content }
  }
}

function checkHeader(header: Uint8Array, offset: number): void {
  let sum = 0
  for (let index = 0; index < 512; index++) sum += index >= 148 && index < 156 ? 32 : header[index]!
  const stated = readNumber(header, 148, 8)
  if (sum !== stated) throw broken(`expected a header with checksum ${stated} at ${offset}, got ${sum}`)
}

function readNumber(bytes: Uint8Array, start: number, length: number): number {
  if ((bytes[start]! & 0x80) !== 0) {
    let value = bytes[start]! & 0x7f // base 256, for files beyond 8 GB
    for (let index = start + 1; index < start + length; index++) value = value * 256 + bytes[index]!
    return value
  }
  const text = readString(bytes, start, length).trim()
  if (!/^[0-7]*$/.test(text)) throw broken(`expected an octal number, got ${JSON.stringify(text)}`)
  return text === '' ? 0 : Number.parseInt(text, 8)
}

function readString(bytes: Uint8Array, start: number, length: number): string {
  const part = bytes.subarray(start, start + length)
  const end = part.indexOf(0)
  return Buffer.from(end < 0 ? part : part.subarray(0, end)).toString('utf8')
}

/** The `path` of a pax header: records of "LENGTH key=value\n". */
function paxPath(content: Uint8Array): string | undefined {
  const text = Buffer.from(content).toString('utf8')
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1]
}

function broken(message: string): DatasetError {
  return new DatasetError('invalid-file', `tar archive: ${message}`)
}
