import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { CurationError } from './curation-error.js'
import type { Document, Share } from './document.js'
import { belongsTo } from './share.js'
import { unreadable } from './source-lines.js'

/**
 * Reads the text files of a folder and its subfolders, one document a file, in the order of their paths.
 *
 * The id is the path below the folder, with `/` on every system; metadata holds `bytes`. Text is UTF-8: other bytes
 * are an error, because silently replaced characters spoil a corpus. File i belongs to rank i mod worldSize.
 *
 * @param options.extensions Endings of the files that are read. Default `['.txt', '.md']`.
 * @throws CurationError `unreadable-source`, also for a folder without a single such file; `invalid-record` for a file
 *   that is not UTF-8.
 */
export async function* readTextFolder(
  folder: string,
  options: Share & { readonly extensions?: readonly string[] } = {},
): AsyncGenerator<Document> {
  const { extensions = ['.txt', '.md'] } = options
  const mine = belongsTo(options)
  const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unreadable(folder, error)
  })
  const files = names
    .filter((name) => extensions.some((extension) => name.endsWith(extension)))
    .map((name) => name.split(sep).join('/'))
    .sort()
  if (files.length === 0) {
    throw new CurationError(
      'unreadable-source',
      `${folder}: expected files that end in ${extensions.join(' or ')}, found none`,
      {
        fields: { folder, extensions },
        help: 'name other endings with "extensions"',
      },
    )
  }
  for (const [index, id] of files.entries()) {
    if (!mine(index)) continue
    const path = join(folder, id)
    const bytes = await readFile(path).catch((error: unknown) => {
      throw unreadable(path, error)
    })
    yield { id, text: decode(bytes, path), metadata: { bytes: bytes.length } }
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new CurationError('invalid-record', `${path}: expected UTF-8 text, got other bytes`, {
      fields: { path },
      help: 'convert the file, for instance with `iconv -f latin1 -t utf-8`',
      cause: error,
    })
  }
}
