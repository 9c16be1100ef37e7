import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unitsOf } from './character-class.js'
import { compilePattern, createPreTokenizer, gpt2Pattern, gpt4Pattern, type PreTokenizer } from './pre-tokenizer.js'

function cut(preTokenizer: PreTokenizer, text: string): string[] {
  const pieceEnd = createPreTokenizer(preTokenizer)
  const units = unitsOf(text)
  const pieces: string[] = []
  for (let start = 0; start < text.length; start += pieces[pieces.length - 1]!.length)
    pieces.push(text.slice(start, pieceEnd(text, units, start)))
  return pieces
}

const awkward = fc.array(
  fc.oneof(
    fc.constantFrom(..."'sStTmMdDrRvVlLeE  \t\n\r\n129a.,ſ\u0085\u00a0\ufeff\u2028é日½Ⅷ🙂\u0301\ud800\udc00"),
    fc.constantFrom('\ud800', '\udc00', "'re", "'LL", '  \n  ', '👩‍👩‍👧', '𝐀𝟗'),
    fc.string({ unit: 'binary', maxLength: 4 }),
  ),
  { maxLength: 40 },
)

describe('pre-tokenizers', () => {
  for (const [name, pattern] of [
    ['gpt2', gpt2Pattern],
    ['gpt4', gpt4Pattern],
  ] as const) {
    it(`the scanner cuts as the regular expression: ${name}`, () => {
      const expression = compilePattern(pattern)
      fc.assert(
        fc.property(awkward, (parts) => {
          const text = parts.join('')
          expect(cut(name, text)).toEqual(text.match(expression) ?? [])
        }),
        { numRuns: 3000 },
      )
    })
  }

  it('cuts English as published', () => {
    expect(cut('gpt2', "We'll see 1234  boats!\n\nOK")).toEqual([
      'We',
      "'ll",
      ' see',
      ' 1234',
      ' ',
      ' boats',
      '!',
      '\n',
      '\n',
      'OK',
    ])
    expect(cut('gpt4', "WE'LL see 1234  boats!\n\nOK")).toEqual([
      'WE',
      "'LL",
      ' see',
      ' ',
      '123',
      '4',
      ' ',
      ' boats',
      '!\n\n',
      'OK',
    ])
    expect(cut('none', 'a b\nc')).toEqual(['a b\nc'])
  })

  it('keeps what a pattern leaves out as a piece of its own', () => {
    expect(cut({ pattern: '[0-9]' }, 'ab12cd')).toEqual(['ab', '1', '2', 'cd'])
    expect(cut({ pattern: 'x*' }, 'axxb')).toEqual(['a', 'xx', 'b'])
  })

  it('reads patterns of other regular expression engines', () => {
    expect(compilePattern('(?i:re|[a-c]|\\p{Lu})').source).toBe('(?:[rR][eE]|[aA-cC]|\\p{Lu})')
    expect('a\u0085\ufeffb'.match(compilePattern('\\s|\\S+'))).toEqual(['a', '\u0085', '\ufeffb'])
    expect('a+b'.match(compilePattern('[a+]++|b?+'))?.[0]).toBe('a+')
    expect('a\\s'.match(compilePattern('\\\\s'))?.[0]).toBe('\\s')
    expect('1++'.match(compilePattern('\\++'))?.[0]).toBe('++')
  })
})
