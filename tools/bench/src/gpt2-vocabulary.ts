import { Tokenizer } from '@lemanic/transformer'

/** A token of a ranks file: its text, or its bytes where these are no text. */
export type RankedToken = string | readonly number[]

/**
 * The tokenizer of a list of tokens by rank (as tiktoken keeps GPT-2's): the merge that makes a token is
 * the one by which the tokens before it would cut its bytes in two.
 */
export function tokenizerOfRanks(ranks: readonly RankedToken[], specialTokens: readonly string[]): Tokenizer {
  const bytes = ranks.map((token) =>
    (typeof token === 'string' ? Buffer.from(token) : Buffer.from(token)).toString('latin1'),
  )
  const rankOf = new Map(bytes.map((token, rank) => [token, rank]))
  const letters = byteLetters()
  const spell = (token: string): string => [...token].map((letter) => letters[letter.charCodeAt(0)]!).join('')
  const merges: [string, string][] = []
  for (const [rank, token] of bytes.entries()) {
    if (token.length === 1) continue
    let parts = [...token]
    while (parts.length > 2) {
      let best = -1
      let lowest = rank
      for (let index = 0; index + 1 < parts.length; index++) {
        const found = rankOf.get(parts[index]! + parts[index + 1]!)
        if (found !== undefined && found < lowest) [best, lowest] = [index, found]
      }
      if (best < 0) throw new Error(`no merges lead to token ${rank}`)
      parts = [...parts.slice(0, best), parts[best]! + parts[best + 1]!, ...parts.slice(best + 2)]
    }
    merges.push([spell(parts[0]!), spell(parts[1]!)])
  }
  return Tokenizer.fromJSON({
    version: '1.0',
    added_tokens: specialTokens.map((content, index) => ({ id: ranks.length + index, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: null,
    model: { type: 'BPE', vocab: Object.fromEntries(bytes.map((token, rank) => [spell(token), rank])), merges },
  })
}

/** The byte alphabet of GPT-2 by byte. */
function byteLetters(): string[] {
  let next = 256
  const printable = (byte: number): boolean => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad)
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
}
