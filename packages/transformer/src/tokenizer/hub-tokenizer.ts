import * as hub from '@huggingface/tokenizers'
import { CharacterMap } from './character-map.js'
import type { TextStreamDecoder, TextTokenizer } from './text-tokenizer.js'
import { TokenizerError } from './tokenizer-error.js'
import type { DecodeOptions, EncodeOptions } from './tokenizer.js'

/** The part of @huggingface/tokenizers that is used. */
interface Engine {
  encode(text: string, options: { add_special_tokens: boolean }): { readonly ids: readonly number[] }
  decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string
  token_to_id(token: string): number | undefined
  get_vocab(withAddedTokens?: boolean): ReadonlyMap<string, number>
  readonly normalizer: Normalizer | null
}

const Engine = (hub as unknown as { Tokenizer: new (tokenizer: object, config: object) => Engine }).Tokenizer

interface Normalizer {
  normalize(text: string): string
  readonly config: { readonly type?: string; readonly precompiled_charsmap?: unknown }
  /** Of a sequence. */
  readonly normalizers?: readonly (Normalizer | null)[]
}

/** The library knows one table of `Precompiled` by heart, nearly; here each has its own. */
function useOwnTables(normalizer: Normalizer | null): void {
  if (normalizer === null) return
  normalizer.normalizers?.forEach(useOwnTables)
  if (normalizer.config.type !== 'Precompiled') return
  const map = new CharacterMap(normalizer.config.precompiled_charsmap)
  normalizer.normalize = (text) => map.normalize(text)
}

function createEngine(file: object): Engine {
  const engine = new Engine(file, {})
  useOwnTables(engine.normalizer)
  return engine
}

interface File {
  readonly added_tokens?: readonly { readonly id: number; readonly content: string; readonly special?: boolean }[]
}

/**
 * A tokenizer of any kind that `tokenizer.json` describes (WordPiece, Unigram, BPE with byte fallback …), on
 * @huggingface/tokenizers. `Tokenizer` is the faster one for byte-level BPE; `readTokenizer` chooses.
 *
 * `decode(encode(text))` is the text only as far as the kind keeps it: BERT's drops case and spacing.
 */
export class HubTokenizer implements TextTokenizer {
  readonly vocabularySize: number
  readonly specialTokens: ReadonlyMap<string, number>
  readonly #file: File
  readonly #engines = new Map<string, Engine>()
  readonly #largest: number

  /** Throws `TokenizerError` `invalid-tokenizer-json` for an object that describes no tokenizer. */
  constructor(file: object) {
    this.#file = file
    const added = this.#file.added_tokens ?? []
    this.specialTokens = new Map(
      added.filter(({ special }) => special === true).map(({ content, id }) => [content, id]),
    )
    try {
      this.#engines.set('all', createEngine(file))
      this.#largest = Math.max(...this.#engine('all').get_vocab(true).values())
    } catch (cause) {
      if (TokenizerError.isInstance(cause)) throw cause
      throw new TokenizerError('invalid-tokenizer-json', `tokenizer.json: ${(cause as Error).message}`, {}, { cause })
    }
    this.vocabularySize = this.#largest + 1
  }

  /** The engine that finds these special tokens in texts. */
  #engine(allowed: 'all' | 'none' | readonly string[]): Engine {
    const key = typeof allowed === 'string' ? allowed : JSON.stringify(allowed)
    let engine = this.#engines.get(key)
    if (engine === undefined) {
      const kept = this.#file.added_tokens?.filter(
        ({ special, content }) => special !== true || (typeof allowed !== 'string' && allowed.includes(content)),
      )
      engine = createEngine({ ...this.#file, added_tokens: kept })
      this.#engines.set(key, engine)
    }
    return engine
  }

  /** The ids of a text; the template's tokens (`[CLS]`, `</s>` …) are put around it unless told otherwise. */
  encode(text: string, { allowedSpecial = 'all', addSpecialTokens = true }: EncodeOptions = {}): Int32Array {
    if (typeof text !== 'string') {
      const got = text === null ? 'null' : typeof text
      throw new TokenizerError('invalid-option', `encode: expected a string, got ${got}.`, { value: text })
    }
    for (const content of typeof allowedSpecial === 'string' ? [] : allowedSpecial) {
      if (!this.specialTokens.has(content)) {
        const known = [...this.specialTokens.keys()].join(', ')
        throw new TokenizerError(
          'invalid-option',
          `allowedSpecial: expected 'all', 'none' or some of [${known}], got ${JSON.stringify(content)}.`,
          { option: 'allowedSpecial', value: content },
        )
      }
    }
    return Int32Array.from(this.#engine(allowedSpecial).encode(text, { add_special_tokens: addSpecialTokens }).ids)
  }

  /** The text of ids. Throws `TokenizerError` (`unknown-token`) for an id outside the vocabulary. */
  decode(ids: ArrayLike<number>, { skipSpecialTokens = false }: DecodeOptions = {}): string {
    const list = Array.from(ids)
    list.forEach((id, index) => {
      if (Number.isInteger(id) && id >= 0 && id <= this.#largest) return
      throw new TokenizerError(
        'unknown-token',
        `decode: expected token ids of this vocabulary (0 to ${this.#largest}), got ${id} at index ${index}.`,
        { id, index, vocabularySize: this.vocabularySize },
      )
    })
    if (list.length === 0) return ''
    const options = { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false }
    return this.#engine('all').decode(list, options)
  }

  /** A decoder for ids that come one by one. */
  createStreamDecoder(options: DecodeOptions = {}): TextStreamDecoder {
    return new DifferenceDecoder((ids) => this.decode(ids, options))
  }

  idOf(token: string): number | undefined {
    return this.specialTokens.get(token) ?? this.#engine('all').token_to_id(token)
  }

  /** The object that it was made from. */
  toJSON(): object {
    return this.#file
  }
}

/**
 * Text as the difference between decoding with and without the newest ids: what a token reads as may depend on the one
 * before it (spaces), and on those after it (bytes of one character).
 */
class DifferenceDecoder implements TextStreamDecoder {
  #ids: number[] = []
  /** Ids before `#start` are no longer needed; those before `#given` are already text. */
  #start = 0
  #given = 0

  constructor(private readonly decode: (ids: readonly number[]) => string) {}

  push(ids: number | ArrayLike<number>): string {
    this.#ids.push(...(typeof ids === 'number' ? [ids] : Array.from(ids)))
    const text = this.#fresh()
    if (text === '' || text.endsWith('\ufffd')) return ''
    this.#start = this.#given
    this.#given = this.#ids.length
    return text
  }

  end(): string {
    const text = this.#fresh()
    this.#ids = []
    this.#start = this.#given = 0
    return text
  }

  #fresh(): string {
    const before = this.decode(this.#ids.slice(this.#start, this.#given))
    return this.decode(this.#ids.slice(this.#start)).slice(before.length)
  }
}
