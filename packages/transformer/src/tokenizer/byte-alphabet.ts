/**
 * The byte-to-character alphabet of GPT-2 (Radford et al. 2019), in which byte-level BPE files are
 * written: every byte is one printable character, so that a token is a string without white space.
 */

/** The characters of the 256 bytes: `byteCharacters[byte]`. */
export const byteCharacters: readonly string[] = buildByteCharacters()

/** The bytes in the order of their characters' code points: the order of ids in a vocabulary. */
export const bytesInAlphabetOrder: readonly number[] = Array.from({ length: 256 }, (_, byte) => byte).sort(
  (left, right) => characterOf(left).charCodeAt(0) - characterOf(right).charCodeAt(0),
)

const byteOfCharacter: ReadonlyMap<string, number> = new Map(byteCharacters.map((character, byte) => [character, byte]))

/** The bytes as a string of the alphabet. */
export function bytesToAlphabet(bytes: Iterable<number>): string {
  let text = ''
  for (const byte of bytes) text += characterOf(byte)
  return text
}

/** The bytes that a string of the alphabet stands for; `undefined` when it holds any other character. */
export function alphabetToBytes(text: string): number[] | undefined {
  const bytes: number[] = []
  for (const character of text) {
    const byte = byteOfCharacter.get(character)
    if (byte === undefined) return undefined
    bytes.push(byte)
  }
  return bytes
}

/**
 * Writes text[start, end) as UTF-8 into `target` and returns the number of bytes; a lone surrogate
 * becomes U+FFFD, as in TextEncoder. `target` needs room for 3 bytes a UTF-16 unit.
 */
export function writeUtf8(text: string, start: number, end: number, target: Int32Array | Uint8Array): number {
  let length = 0
  for (let index = start; index < end; index++) {
    let code = text.charCodeAt(index)
    if (code < 0x80) {
      target[length++] = code
      continue
    }
    if (code < 0x800) {
      target[length++] = 0xc0 | (code >> 6)
      target[length++] = 0x80 | (code & 0x3f)
      continue
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = index + 1 < end && code < 0xdc00 ? text.charCodeAt(index + 1) : 0
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        index++
        target[length++] = 0xf0 | (code >> 18)
        target[length++] = 0x80 | ((code >> 12) & 0x3f)
        target[length++] = 0x80 | ((code >> 6) & 0x3f)
        target[length++] = 0x80 | (code & 0x3f)
        continue
      }
      code = 0xfffd
    }
    target[length++] = 0xe0 | (code >> 12)
    target[length++] = 0x80 | ((code >> 6) & 0x3f)
    target[length++] = 0x80 | (code & 0x3f)
  }
  return length
}

function characterOf(byte: number): string {
  return byteCharacters[byte] as string
}

function buildByteCharacters(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
}
