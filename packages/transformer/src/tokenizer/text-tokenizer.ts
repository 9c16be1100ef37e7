import type { DecodeOptions, EncodeOptions } from './tokenizer.js'

/** Turns ids that come one by one into text. */
export interface TextStreamDecoder {
  /** The text that these ids complete; `''` while a character is unfinished. */
  push(ids: number | ArrayLike<number>): string
  /** The rest; the decoder can be used again. */
  end(): string
}

/** What text generation and evaluation need of a tokenizer: `Tokenizer` and `HubTokenizer` are two. */
export interface TextTokenizer {
  /** One more than the largest id. */
  readonly vocabularySize: number
  /** The special tokens and their ids. */
  readonly specialTokens: ReadonlyMap<string, number>
  encode(text: string, options?: EncodeOptions): Int32Array
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string
  createStreamDecoder(options?: DecodeOptions): TextStreamDecoder
  /** The id of a token by its content; undefined when there is none. */
  idOf(token: string): number | undefined
  /** The tokenizer as a `tokenizer.json` object. */
  toJSON(): object
}
