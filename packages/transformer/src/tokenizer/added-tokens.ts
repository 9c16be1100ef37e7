/** A token that is found in the text as it stands, before any cutting or merging. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  /** Special tokens are the ones that `allowedSpecial` and `skipSpecialTokens` speak of. */
  readonly special: boolean
  /** Takes the white space before it along. Default false. */
  readonly stripLeft?: boolean
  /** Takes the white space after it along. Default false. */
  readonly stripRight?: boolean
}

/** An added token found at text[start, end). */
interface AddedTokenMatch {
  readonly id: number
  readonly start: number
  readonly end: number
}

/** Finds added tokens in a text, from left to right. */
export type AddedTokenMatcher = (text: string) => Iterable<AddedTokenMatch>

/** The matcher for these tokens: the leftmost match wins, among several the longest. */
export function createAddedTokenMatcher(tokens: readonly AddedToken[]): AddedTokenMatcher {
  const byContent = new Map(tokens.filter(({ content }) => content !== '').map((token) => [token.content, token]))
  if (byContent.size === 0) return () => []
  const longestFirst = [...byContent.keys()].sort((left, right) => right.length - left.length)
  const expression = new RegExp(longestFirst.map(escape).join('|'), 'g')
  return function* (text) {
    let last = 0
    for (const match of text.matchAll(expression)) {
      const token = byContent.get(match[0]) as AddedToken
      let start = match.index
      let end = start + match[0].length
      if (token.stripLeft === true) while (start > last && isSpace(text, start - 1)) start--
      if (token.stripRight === true) while (end < text.length && isSpace(text, end)) end++
      yield { id: token.id, start, end }
      last = end
    }
  }
}

function isSpace(text: string, index: number): boolean {
  return /\p{White_Space}/u.test(text.charAt(index))
}

function escape(content: string): string {
  return content.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
