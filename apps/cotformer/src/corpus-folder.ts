import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { LemanicError } from '@lemanic/tensor-core'
import type { CorpusDocument } from './corpus.js'

const extensions = ['.txt', '.md']

/**
 * Every `.txt` and `.md` file below a folder that holds more than white space, in the order of paths;
 * names that begin with a dot are skipped. A byte order mark at the beginning is dropped.
 *
 * Throws `LemanicError`: `data-set-missing` when there is no such folder, `data-set-empty` when it has
 * no text, `invalid-utf8` with the file and the position of the first bad byte.
 */
export async function readTextFolder(folder: string): Promise<CorpusDocument[]> {
  const root = resolve(folder)
  const found = await stat(root).catch(() => undefined)
  if (!found?.isDirectory()) {
    throw new LemanicError(
      'data-set-missing',
      `--data: expected a folder with text files, got ${JSON.stringify(folder)}, which ${found === undefined ? 'does not exist' : 'is not a folder'} (looked at ${root})`,
      {
        fields: { folder: root },
        help: 'give a folder whose .txt and .md files hold the text, or leave --data out to use the text that npm brought',
      },
    )
  }
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && extensions.some((extension) => entry.name.toLowerCase().endsWith(extension)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .sort((left, right) => (left < right ? -1 : 1))
  const documents: CorpusDocument[] = []
  for (const name of paths) {
    const text = decodeUtf8(await readFile(join(root, name)), join(root, name))
    if (text.trim() !== '') documents.push({ name, text })
  }
  if (documents.length === 0) {
    throw new LemanicError(
      'data-set-empty',
      `--data: expected text in .txt or .md files below ${root}, got ${paths.length} such files${paths.length > 0 ? ', all empty' : ''}`,
      {
        fields: { folder: root, files: paths.length },
        help: 'put plain text there as UTF-8, one document a file',
      },
    )
  }
  return documents
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  const decodes = (length: number, stream: boolean): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream })
      return true
    } catch {
      return false
    }
  }
  if (decodes(bytes.length, false)) return new TextDecoder().decode(bytes)
  // The longest beginning that decodes ends where the first bad byte is.
  let good = 0
  let bad = bytes.length + 1
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (middle <= bytes.length && decodes(middle, true)) good = middle
    else bad = middle
  }
  const line = Buffer.from(bytes.subarray(0, good)).toString('latin1').split('\n').length
  throw new LemanicError(
    'invalid-utf8',
    `${path}: expected UTF-8 text, got ${good < bytes.length ? `byte 0x${bytes[good]!.toString(16).padStart(2, '0')} at ${good} (line ${line})` : 'an unfinished character at the end'}`,
    {
      fields: { path, position: good },
      help: 'convert the file to UTF-8, for example: iconv -f latin1 -t utf-8 OLD > NEW',
    },
  )
}
