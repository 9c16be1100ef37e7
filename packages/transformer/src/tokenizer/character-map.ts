/**
 * The normaliser `Precompiled` of tokenizer.json: SentencePiece's table of replacements (T5, mBART, XLM-R, ALBERT …), as
 * Python's tokenizers apply it. The table is a double-array trie of UTF-8 strings (Aoe 1989, in the layout of Darts-clone)
 * and one text of all replacements, each ended by a zero byte; a leaf holds where its replacement begins.
 *
 * A grapheme of up to five bytes is replaced as a whole when one of its beginnings (the shortest) is in the table; else
 * each of its characters is.
 */
import { TokenizerError } from './tokenizer-error.js'

// Parts of a unit of the trie.
const hasLeaf = (unit: number): boolean => ((unit >>> 8) & 1) === 1
const leafValue = (unit: number): number => unit & 0x7fffffff
const label = (unit: number): number => (unit & 0x800000ff) >>> 0
const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6)

const longestGrapheme = 5

function damaged(what: string): TokenizerError {
  return new TokenizerError(
    'invalid-tokenizer-json',
    `tokenizer.json: precompiled_charsmap: expected SentencePiece's table of replacements, got ${what}.`,
    {},
  )
}

export class CharacterMap {
  readonly #units: Uint32Array
  readonly #replacements: Uint8Array
  readonly #encoder = new TextEncoder()
  readonly #decoder = new TextDecoder()
  readonly #segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

  /** From the base64 text of tokenizer.json. Throws `TokenizerError` `invalid-tokenizer-json` when it is no table. */
  constructor(base64: unknown) {
    if (typeof base64 !== 'string') throw damaged(typeof base64)
    const bytes = bytesOf(base64)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const size = bytes.length < 4 ? 0 : view.getUint32(0, true)
    if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length)
      throw damaged(`${bytes.length} bytes, of which a trie would take ${size}`)
    this.#units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true))
    this.#replacements = bytes.subarray(4 + size)
  }

  normalize(text: string): string {
    let result = ''
    for (const { segment } of this.#segmenter.segment(text)) {
      const whole = this.#encoder.encode(segment)
      const replaced = whole.length <= longestGrapheme ? this.#replacement(whole) : undefined
      if (replaced !== undefined) result += replaced
      else for (const character of segment) result += this.#replacement(this.#encoder.encode(character)) ?? character
    }
    return result
  }

  /** What stands for the shortest beginning of the bytes that the table knows; undefined when it knows none. */
  #replacement(bytes: Uint8Array): string | undefined {
    const units = this.#units
    let at = offset(units[0]!)
    for (const byte of bytes) {
      if (byte === 0) return undefined
      at ^= byte
      const unit = units[at] ?? 0
      if (label(unit) !== byte) return undefined
      at ^= offset(unit)
      if (!hasLeaf(unit)) continue
      const start = leafValue(units[at] ?? 0)
      const end = this.#replacements.indexOf(0, start)
      return this.#decoder.decode(this.#replacements.subarray(start, end < 0 ? undefined : end))
    }
    return undefined
  }
}

function bytesOf(base64: string): Uint8Array {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    throw damaged('a text that is not base64')
  }
}
