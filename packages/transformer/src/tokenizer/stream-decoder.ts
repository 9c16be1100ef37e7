/** Turns ids that come one by one into text, keeping back the bytes of an unfinished character. */
export class TokenStreamDecoder {
  readonly #bytesOf: (ids: ArrayLike<number>) => Uint8Array
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  /** Made by `tokenizer.createStreamDecoder()`. */
  constructor(bytesOf: (ids: ArrayLike<number>) => Uint8Array) {
    this.#bytesOf = bytesOf
  }

  /** The text that these ids complete; `''` while a character is unfinished. */
  push(ids: number | ArrayLike<number>): string {
    return this.#decoder.decode(this.#bytesOf(typeof ids === 'number' ? [ids] : ids), { stream: true })
  }

  /** The rest: `''`, or U+FFFD when the last character was never finished. The decoder can be used again. */
  end(): string {
    return this.#decoder.decode()
  }
}
