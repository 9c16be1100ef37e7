import { CurationError } from './curation-error.js'
import type { Document, Share } from './document.js'
import { belongsTo } from './share.js'
import { sourceLines } from './source-lines.js'

/** How records become documents. */
export interface ReadJsonLinesOptions extends Share {
  /** Field that holds the text, a string. Default `text`. */
  readonly textField?: string
  /** Field that holds the id, a string or number. Default `id`; a record without it gets `FILE:LINE`. */
  readonly idField?: string
  /**
   * What becomes of a record that is not an object with a text: `throw` (default), or a function that is told and
   * after which reading goes on.
   */
  readonly onInvalid?: 'throw' | ((error: CurationError) => void)
}

/**
 * Reads documents from JSON Lines files (`.jsonl`, or `.jsonl.gz`), one object a line, in order.
 *
 * All other fields of a record become metadata. Empty lines are skipped. Record i of all files together belongs to rank
 * i mod worldSize. Memory: one line.
 *
 * @throws CurationError `unreadable-source` for a file that cannot be read; `invalid-record` with file and line.
 */
export async function* readJsonLines(
  paths: string | readonly string[],
  options: ReadJsonLinesOptions = {},
): AsyncGenerator<Document> {
  const { textField = 'text', idField = 'id', onInvalid = 'throw' } = options
  const mine = belongsTo(options)
  let record = 0
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    let line = 0
    for await (const text of sourceLines(path)) {
      line++
      if (text.trim() === '' || !mine(record++)) continue
      try {
        yield parseRecord(text, `${path}:${line}`, textField, idField)
      } catch (error) {
        if (onInvalid === 'throw' || !CurationError.isInstance(error, 'invalid-record')) throw error
        onInvalid(error)
      }
    }
  }
}

function parseRecord(line: string, place: string, textField: string, idField: string): Document {
  const refuse = (expected: string, got: string, cause?: unknown): never => {
    throw new CurationError('invalid-record', `${place}: expected ${expected}, got ${got}`, {
      fields: { place },
      help: 'repair the line, name the field with "textField", or pass "onInvalid" to go on without such records',
      cause,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    refuse('one JSON object on the line', excerpt(line), error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return refuse('a JSON object', excerpt(line))
  const { [textField]: text, [idField]: id, ...metadata } = value as Record<string, unknown>
  if (typeof text !== 'string')
    return refuse(`a string in field "${textField}"`, excerpt(JSON.stringify(text) ?? 'nothing'))
  if (id === undefined || id === null) return { id: place, text, metadata }
  if (typeof id !== 'string' && typeof id !== 'number')
    return refuse(`a string or number in field "${idField}"`, excerpt(JSON.stringify(id)))
  return { id: String(id), text, metadata }
}

function excerpt(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`
}
