import { endOfGpt2PreToken } from './gpt2-scanner.js'
import { endOfGpt4PreToken } from './gpt4-scanner.js'
import { TokenizerError } from './tokenizer-error.js'

/** The pattern of GPT-2; `\s` is Unicode white space as in the original, see `compilePattern`. */
export const gpt2Pattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`

/** The pattern of GPT-4 (cl100k) as Llama 3 publishes it. */
export const gpt4Pattern = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`

/**
 * How text is cut before merges, which never cross a cut.
 *
 * - `'gpt2'`: words with their leading space, numbers, punctuation, white space (the default);
 * - `'gpt4'`: the same with case-blind contractions, numbers of at most three digits, line breaks apart;
 * - `'none'`: no cut, so that a merge may span words;
 * - `{ pattern }`: a regular expression of one's own; what it leaves out between matches is a piece too.
 */
export type PreTokenizer = 'gpt2' | 'gpt4' | 'none' | { readonly pattern: string }

/** Returns the end of the piece that starts at text[start], always beyond `start`; `units` begins with the text's units. */
export type PieceEnd = (text: string, units: Uint16Array, start: number) => number

/** The cutting function of a pre-tokenizer. Throws `TokenizerError` for an unknown one or a bad pattern. */
export function createPreTokenizer(preTokenizer: PreTokenizer): PieceEnd {
  if (preTokenizer === 'gpt2') return endOfGpt2PreToken
  if (preTokenizer === 'gpt4') return endOfGpt4PreToken
  if (preTokenizer === 'none') return (text) => text.length
  if (typeof preTokenizer === 'object' && typeof preTokenizer?.pattern === 'string') {
    if (preTokenizer.pattern === gpt2Pattern) return endOfGpt2PreToken
    if (preTokenizer.pattern === gpt4Pattern) return endOfGpt4PreToken
    return pieceEndOf(compilePattern(preTokenizer.pattern))
  }
  throw new TokenizerError(
    'invalid-option',
    `preTokenizer: expected 'gpt2', 'gpt4', 'none' or { pattern }, got ${JSON.stringify(preTokenizer)}.`,
    { option: 'preTokenizer', value: preTokenizer },
  )
}

/**
 * Compiles a pattern written for Rust, Oniguruma or PCRE as tokenizer files hold them: `\s` and `\S`
 * mean Unicode white space, `(?i:…)` around letters is spelled out, and a possessive quantifier is read
 * as a greedy one (which cuts alike wherever what follows cannot match what it took, as in all
 * published tokenizers). Throws `TokenizerError` when JavaScript cannot compile the result.
 */
export function compilePattern(pattern: string): RegExp {
  let source = pattern.replace(/\(\?i:([^()]*)\)/g, (_, body: string) => `(?:${ignoreCase(body)})`)
  source = source.replace(/\\\\|\\s|\\S/g, (found) =>
    found === '\\s' ? '\\p{White_Space}' : found === '\\S' ? '\\P{White_Space}' : found,
  )
  const possessive = /\\[pP]\{[^}]*\}|\\.|\[(?:\\.|[^\]])*\]|([?*+}])\+/gs // matches escapes and classes to skip them
  source = source.replace(possessive, (found, quantifier?: string) => quantifier ?? found)
  try {
    return new RegExp(source, 'gu')
  } catch (cause) {
    throw new TokenizerError(
      'invalid-option',
      `preTokenizer.pattern: expected a regular expression that JavaScript can compile with the flag u, got ${JSON.stringify(pattern)} (${(cause as Error).message}).`,
      { option: 'preTokenizer.pattern', value: pattern },
      { cause },
    )
  }
}

function pieceEndOf(expression: RegExp): PieceEnd {
  return (text, _units, start) => {
    expression.lastIndex = start
    for (let match = expression.exec(text); match; match = expression.exec(text)) {
      if (match[0] === '') {
        expression.lastIndex++
        continue
      }
      return match.index > start ? match.index : expression.lastIndex
    }
    return text.length
  }
}

/** Spells out both cases of every letter outside of escapes: `'re` → `'[rR][eE]`. */
function ignoreCase(body: string): string {
  let inClass = false
  return body.replace(/\\[pP]\{[^}]*\}|\\.|[[\]]|[a-zA-Z]/gu, (found) => {
    if (found === '[') inClass = true
    else if (found === ']') inClass = false
    else if (found.length === 1) {
      const lower = found.toLowerCase()
      const both = lower + found.toUpperCase() + (lower === 's' ? 'ſ' : lower === 'k' ? '\u212a' : '')
      return inClass ? both : `[${both}]`
    }
    return found
  })
}
