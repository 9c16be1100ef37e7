import { alphabetToBytes, byteCharacters, bytesToAlphabet } from './byte-alphabet.js'
import { createAddedTokenMatcher, type AddedToken, type AddedTokenMatcher } from './added-tokens.js'
import { BytePairEncoder } from './byte-pair-encoder.js'
import { unitsOf } from './character-class.js'
import { IdBuffer } from './id-buffer.js'
import { PieceCache } from './piece-cache.js'
import { createPreTokenizer, type PieceEnd, type PreTokenizer } from './pre-tokenizer.js'
import { TokenStreamDecoder } from './stream-decoder.js'
import { readTokenizerJson } from './read-tokenizer-json.js'
import { TokenizerError } from './tokenizer-error.js'
import { writeTokenizerJson, type TokenizerJson } from './write-tokenizer-json.js'

/** Working memory of up to this many UTF-16 units is kept for the next text. */
const longestKept = 1 << 20

/** Unicode normal form that text is brought to before it is encoded. */
export type TokenizerNormalization = 'NFC' | 'NFD' | 'NFKC' | 'NFKD'

/** All that makes a byte-level tokenizer; `trainBytePairEncoding` and `Tokenizer.fromJSON` make it. */
export interface TokenizerDefinition {
  /** Token strings by id, in the byte alphabet of GPT-2; an id without a token is `undefined`. */
  readonly vocabulary: readonly (string | undefined)[]
  /** Pairs of ids in the order in which they are merged. */
  readonly merges: readonly (readonly [left: number, right: number])[]
  /** Tokens that are looked for before anything else and never split. */
  readonly addedTokens?: readonly AddedToken[]
  /** How text is cut before merging; several are applied one after the other. Default `'gpt2'`. */
  readonly preTokenizer?: PreTokenizer | readonly PreTokenizer[]
  /** Default none, which round trips exactly. */
  readonly normalization?: TokenizerNormalization
  /** Puts a space before text that does not begin with one. Default false. */
  readonly addPrefixSpace?: boolean
  /** Takes a piece that is itself in the vocabulary as one token, whatever the merges say. Default false. */
  readonly ignoreMerges?: boolean
  /** Id for bytes without a token. Default none: such a byte is an error. */
  readonly unknownId?: number
  /** Ids put before and after every text, as in checkpoints with a begin token. Default none. */
  readonly template?: { readonly before: readonly number[]; readonly after: readonly number[] }
}

export interface EncodeOptions {
  /**
   * Which special tokens are recognised inside the text: all declared ones (the default), the ones
   * listed, or `'none'`, which reads them as ordinary text (for text of strangers).
   */
  readonly allowedSpecial?: 'all' | 'none' | readonly string[]
  /** Whether the template's tokens are put around the text. Default true; no effect without a template. */
  readonly addSpecialTokens?: boolean
}

export interface DecodeOptions {
  /** Leaves special tokens out of the text. Default false. */
  readonly skipSpecialTokens?: boolean
}

/**
 * A byte-level byte-pair tokenizer.
 *
 * Any string encodes, and without `normalization`, `addPrefixSpace` or a template
 * `decode(encode(text)) === text`, except that a lone surrogate, which UTF-8 cannot hold, comes back as
 * U+FFFD (what TextEncoder makes of it). Pieces already met are remembered, up to 65,536 of them.
 */
export class Tokenizer {
  readonly definition: TokenizerDefinition
  /** One more than the largest id: the number of rows that an embedding needs. */
  readonly vocabularySize: number
  /** The special tokens and their ids. */
  readonly specialTokens: ReadonlyMap<string, number>
  readonly #idOfToken = new Map<string, number>()
  readonly #bytes: (Uint8Array | undefined)[] = []
  readonly #special: Set<number>
  readonly #encoder: BytePairEncoder
  readonly #steps: readonly PieceEnd[]
  readonly #matchAll: AddedTokenMatcher
  readonly #matchOrdinary: AddedTokenMatcher
  readonly #cache = new PieceCache()
  readonly #buffer = new IdBuffer()
  #units: Uint16Array = new Uint16Array(0)

  /** Throws `TokenizerError` (`invalid-option`) when merges or added tokens do not fit the vocabulary. */
  constructor(definition: TokenizerDefinition) {
    this.definition = definition
    const added = definition.addedTokens ?? []
    const encoder = new TextEncoder()
    for (const [id, token] of definition.vocabulary.entries()) {
      if (token === undefined) continue
      this.#idOfToken.set(token, id)
      this.#bytes[id] = Uint8Array.from(alphabetToBytes(token) ?? encoder.encode(token))
    }
    for (const { id, content } of added) this.#bytes[id] = encoder.encode(content)
    this.vocabularySize = this.#bytes.length
    const special = added.filter((token) => token.special)
    this.specialTokens = new Map(special.map(({ content, id }) => [content, id]))
    this.#special = new Set(special.map(({ id }) => id))
    this.#matchAll = createAddedTokenMatcher(added)
    this.#matchOrdinary = createAddedTokenMatcher(added.filter((token) => !token.special))
    const preTokenizers = definition.preTokenizer ?? 'gpt2'
    this.#steps = (Array.isArray(preTokenizers) ? preTokenizers : [preTokenizers]).map(createPreTokenizer)
    const idOfByte = Int32Array.from(byteCharacters, (character) => this.#idOfToken.get(character) ?? -1)
    this.#encoder = new BytePairEncoder(idOfByte, this.#resolveMerges())
  }

  /**
   * Reads the `tokenizer.json` of Hugging Face, as a string or as the parsed object: byte-level BPE
   * written by `toJSON`, by Python's tokenizers or published with a checkpoint (GPT-2, Llama 3, Qwen …).
   *
   * Throws `TokenizerError`: `invalid-tokenizer-json` when it is broken, `unsupported-tokenizer-json`
   * (with the part's name) for other kinds of model.
   */
  static fromJSON(json: string | object): Tokenizer {
    return new Tokenizer(readTokenizerJson(json))
  }

  /** The tokenizer as a `tokenizer.json` object, which Python's tokenizers and transformers load. */
  toJSON(): TokenizerJson {
    return writeTokenizerJson(this.definition)
  }

  /** The ids of a text. An empty text has none (but those of the template). */
  encode(text: string, options: EncodeOptions = {}): Int32Array {
    const { allowedSpecial = 'all', addSpecialTokens = true } = options
    if (typeof text !== 'string') {
      throw new TokenizerError(
        'invalid-option',
        `encode: expected a string, got ${text === null ? 'null' : typeof text}.`,
        { value: text },
      )
    }
    const output = this.#buffer
    output.length = 0
    const template = addSpecialTokens ? this.definition.template : undefined
    for (const id of template?.before ?? []) output.push(id)
    let start = 0
    for (const match of this.#matcherFor(allowedSpecial)(text)) {
      if (match.start > start) this.#encodeOrdinary(text.slice(start, match.start), output)
      output.push(match.id)
      start = match.end
    }
    if (start < text.length) this.#encodeOrdinary(start === 0 ? text : text.slice(start), output)
    for (const id of template?.after ?? []) output.push(id)
    return output.toArray()
  }

  /** The ids of each text. */
  encodeBatch(texts: readonly string[], options: EncodeOptions = {}): Int32Array[] {
    return texts.map((text) => this.encode(text, options))
  }

  /**
   * The text of ids. Bytes that are not UTF-8 (a sequence cut inside a character) become U+FFFD; use
   * `createStreamDecoder` for ids that come one by one.
   *
   * Throws `TokenizerError` (`unknown-token`) for an id outside the vocabulary.
   */
  decode(ids: ArrayLike<number>, options: DecodeOptions = {}): string {
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.decodeBytes(ids, options))
  }

  /** The bytes of ids, complete characters or not. Throws as `decode` does. */
  decodeBytes(ids: ArrayLike<number>, options: DecodeOptions = {}): Uint8Array {
    const skip = options.skipSpecialTokens ?? false
    let length = 0
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] as number
      const bytes = this.#bytes[id] ?? this.#unknownId(id, index)
      if (!skip || !this.#special.has(id)) length += bytes.length
    }
    const all = new Uint8Array(length)
    let end = 0
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] as number
      if (skip && this.#special.has(id)) continue
      const bytes = this.#bytes[id] as Uint8Array
      all.set(bytes, end)
      end += bytes.length
    }
    return all
  }

  /** A decoder for ids that come one by one: it holds back the bytes of an unfinished character. */
  createStreamDecoder(options: DecodeOptions = {}): TokenStreamDecoder {
    return new TokenStreamDecoder((ids) => this.decodeBytes(ids, options))
  }

  /** The id of a special token, or of the token with exactly these bytes; `undefined` when there is none. */
  idOf(token: string): number | undefined {
    const added = this.definition.addedTokens?.find(({ content }) => content === token)
    if (added !== undefined) return added.id
    return this.#idOfPiece(token)
  }

  #encodeOrdinary(text: string, output: IdBuffer): void {
    const { normalization, addPrefixSpace } = this.definition
    let prepared = normalization === undefined ? text : text.normalize(normalization)
    if (addPrefixSpace === true && !prepared.startsWith(' ')) prepared = ` ${prepared}`
    const units = unitsOf(prepared, this.#units)
    if (units.length <= longestKept) this.#units = units
    this.#encodePieces(prepared, units, 0, output)
  }

  #encodePieces(text: string, units: Uint16Array, step: number, output: IdBuffer): void {
    const pieceEnd = this.#steps[step] as PieceEnd
    const last = step === this.#steps.length - 1
    for (let start = 0; start < text.length; ) {
      const end = pieceEnd(text, units, start)
      if (!last) this.#encodePieces(text.slice(start, end), units.subarray(start, end), step + 1, output)
      else if (!this.#cache.append(units, start, end, output)) this.#encodePiece(text, units, start, end, output)
      start = end
    }
  }

  #encodePiece(text: string, units: Uint16Array, start: number, end: number, output: IdBuffer): void {
    const from = output.length
    const whole = this.definition.ignoreMerges === true ? this.#idOfPiece(text.slice(start, end)) : undefined
    if (whole !== undefined) {
      output.push(whole)
    } else {
      const byte = this.#encoder.append(text, start, end, output, this.definition.unknownId ?? -1)
      if (byte >= 0) {
        throw new TokenizerError(
          'unknown-token',
          `encode: byte 0x${byte.toString(16).padStart(2, '0')} of ${JSON.stringify(text.slice(start, end))} has no token in this vocabulary.`,
          { byte },
          {
            help: 'train with all bytes: trainBytePairEncoding always does, Python with initial_alphabet=ByteLevel.alphabet()',
          },
        )
      }
    }
    this.#cache.remember(units, start, end, output.ids, from, output.length)
  }

  #idOfPiece(piece: string): number | undefined {
    const bytes = new TextEncoder().encode(piece)
    return this.#idOfToken.get(bytesToAlphabet(bytes))
  }

  #resolveMerges(): [left: number, right: number, merged: number][] {
    const { vocabulary, merges } = this.definition
    return merges.map(([left, right], rank) => {
      const token = `${vocabulary[left]}${vocabulary[right]}`
      const merged =
        vocabulary[left] === undefined || vocabulary[right] === undefined ? undefined : this.#idOfToken.get(token)
      if (merged === undefined) {
        throw new TokenizerError(
          'invalid-option',
          `merges[${rank}]: expected two ids whose joined token is in the vocabulary, got ${left} and ${right} (${JSON.stringify(token)}).`,
          { rank, left, right },
        )
      }
      return [left, right, merged]
    })
  }

  #matcherFor(allowedSpecial: 'all' | 'none' | readonly string[]): AddedTokenMatcher {
    if (allowedSpecial === 'all') return this.#matchAll
    if (allowedSpecial === 'none') return this.#matchOrdinary
    for (const content of allowedSpecial) {
      if (this.specialTokens.has(content)) continue
      throw new TokenizerError(
        'invalid-option',
        `allowedSpecial: expected 'all', 'none' or some of [${[...this.specialTokens.keys()].join(', ')}], got ${JSON.stringify(content)}.`,
        { option: 'allowedSpecial', value: content },
      )
    }
    const added = this.definition.addedTokens ?? []
    return createAddedTokenMatcher(added.filter((token) => !token.special || allowedSpecial.includes(token.content)))
  }

  #unknownId(id: number, index: number): never {
    throw new TokenizerError(
      'unknown-token',
      `decode: expected token ids of this vocabulary (0 to ${this.vocabularySize - 1}), got ${id} at index ${index}.`,
      { id, index, vocabularySize: this.vocabularySize },
    )
  }
}
