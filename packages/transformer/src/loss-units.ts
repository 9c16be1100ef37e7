/** exp(loss): the perplexity of a mean loss in nats a token. */
export function perplexity(loss: number): number {
  return Math.exp(loss)
}

/** A mean loss in nats a token as bits a byte of text: comparable between tokenizers. `bytesPerToken` is of the text measured. */
export function bitsPerByte(loss: number, bytesPerToken: number): number {
  return loss / Math.LN2 / bytesPerToken
}
