import { gunzipSync, inflateSync } from 'node:zlib'
import { DatasetError } from '../dataset-error.js'
import type { CommandRunner } from '../run-command.js'

/** Unpacks gzip, bzip2 and xz by their first bytes; other content comes back as it is. */
export async function decompressFile(bytes: Uint8Array, name: string, run: CommandRunner): Promise<Uint8Array> {
  if (startsWith(bytes, [0x1f, 0x8b])) return attempt(name, 'gzip', () => gunzipSync(bytes))
  if (startsWith(bytes, [0x42, 0x5a, 0x68])) return pipe(run, 'bzip2', ['-dc'], bytes, name)
  if (startsWith(bytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])) return pipe(run, 'xz', ['-dc'], bytes, name)
  return bytes
}

/**
 * Unpacks one chunk of a lazy-load database: the length as four bytes, then (unless `compressed` is 1,
 * plain zlib) a letter that names the method: 0 none, 1 zlib, 2 bzip2, Z raw LZMA2.
 */
export async function decompressChunk(
  chunk: Uint8Array,
  compressed: number,
  name: string,
  run: CommandRunner,
): Promise<Uint8Array> {
  if (compressed === 0) return chunk
  const stated = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength).getUint32(0)
  const method = compressed === 1 ? '1' : String.fromCharCode(chunk[4]!)
  const body = chunk.subarray(compressed === 1 ? 4 : 5)
  const unpack = async (): Promise<Uint8Array> => {
    switch (method) {
      case '0':
        return body
      case '1':
        return attempt(name, 'zlib', () => inflateSync(body))
      case '2':
        return pipe(run, 'bzip2', ['-dc'], body, name)
      case 'Z':
        return pipe(run, 'xz', ['--format=raw', '--lzma2=dict=64MiB', '-dc'], body, name)
      default:
        throw new DatasetError(
          'unsupported-file',
          `${name}: expected a chunk packed with 0, 1, 2 or Z, got ${JSON.stringify(method)}`,
        )
    }
  }
  const bytes = await unpack()
  if (bytes.length !== stated)
    throw new DatasetError('invalid-file', `${name}: expected ${stated} bytes in a chunk, got ${bytes.length}`)
  return bytes
}

async function pipe(
  run: CommandRunner,
  command: string,
  args: readonly string[],
  input: Uint8Array,
  name: string,
): Promise<Uint8Array> {
  const { code, stdout, stderr } = await run(command, args, { input })
  if (code !== 0)
    throw new DatasetError(
      'invalid-file',
      `${name}: expected ${command} data, got: ${stderr.trim() || `exit code ${code}`}`,
    )
  return stdout
}

function attempt(name: string, method: string, unpack: () => Uint8Array): Uint8Array {
  try {
    return unpack()
  } catch (cause) {
    throw new DatasetError('invalid-file', `${name}: expected ${method} data, got: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}
