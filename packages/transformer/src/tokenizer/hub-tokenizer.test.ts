/** Agreement with Python's tokenizers and transformers; `tools/parity/tokenizer-families-golden.py` wrote the values. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ChatTemplate, type ChatMessage } from './chat-template.js'
import { HubTokenizer } from './hub-tokenizer.js'
import { readTokenizer } from './read-tokenizer.js'
import { Tokenizer } from './tokenizer.js'
import { TokenizerError } from './tokenizer-error.js'

interface Family {
  readonly name: string
  readonly file: object
  readonly encodings: readonly number[][]
  readonly plain: readonly number[][]
  readonly decoded: readonly string[]
  readonly decodedWhole: readonly string[]
}
const golden = JSON.parse(readFileSync(new URL('fixtures/families-golden.json', import.meta.url), 'utf8')) as {
  readonly probes: readonly string[]
  readonly families: readonly Family[]
  readonly chats: readonly ChatMessage[][]
  readonly templates: readonly {
    readonly name: string
    readonly template: string
    readonly rendered: readonly [string, string][]
  }[]
}

describe.each(golden.families)('$name', ({ file, encodings, plain, decoded, decodedWhole }) => {
  const tokenizer = readTokenizer(JSON.stringify(file))

  it('encodes and decodes as Python does', () => {
    expect(tokenizer).toBeInstanceOf(HubTokenizer)
    golden.probes.forEach((probe, i) => {
      expect([...tokenizer.encode(probe)], probe).toEqual(encodings[i])
      expect([...tokenizer.encode(probe, { addSpecialTokens: false })], probe).toEqual(plain[i])
      expect(tokenizer.decode(encodings[i]!, { skipSpecialTokens: true })).toBe(decoded[i])
      expect(tokenizer.decode(encodings[i]!)).toBe(decodedWhole[i])
    })
  })

  it('decodes ids one by one to the same text', () => {
    for (const ids of encodings) {
      const decoder = tokenizer.createStreamDecoder({ skipSpecialTokens: true })
      const text = ids.map((id) => decoder.push(id)).join('') + decoder.end()
      expect(text).toBe(tokenizer.decode(ids, { skipSpecialTokens: true }))
    }
  })

  it('reads special tokens as text on request', () => {
    const extra = tokenizer.idOf('<extra>')!
    expect(tokenizer.specialTokens.get('<extra>')).toBe(extra)
    expect([...tokenizer.encode('a<extra>b')]).toContain(extra)
    expect([...tokenizer.encode('a<extra>b', { allowedSpecial: ['<extra>'] })]).toContain(extra)
    for (const allowedSpecial of ['none', []] as const)
      expect([...tokenizer.encode('a<extra>b', { allowedSpecial })]).not.toContain(extra)
    expect(() => tokenizer.encode('a', { allowedSpecial: ['<none>'] })).toThrow(/allowedSpecial: .*got "<none>"/)
  })

  it('knows its size and refuses what is outside', () => {
    expect(tokenizer.vocabularySize).toBe(Math.max(...tokenizer.specialTokens.values()) + 1) // <extra> came last
    expect(() => tokenizer.decode([1, tokenizer.vocabularySize])).toThrow(/got \d+ at index 1/)
    expect(() => tokenizer.encode(7 as never)).toThrow('expected a string, got number')
    expect(readTokenizer(tokenizer.toJSON()).encode('Call me')).toEqual(tokenizer.encode('Call me'))
  })
})

it('byte fallback: any text comes back exactly', () => {
  const { file } = golden.families.find(({ name }) => name.startsWith('BPE'))!
  const tokenizer = readTokenizer(file)
  const options = { allowedSpecial: 'none' } as const
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      // U+2581 stands for the space in these vocabularies, and a bare beginning gets one.
      fc.pre(!text.includes('\u2581') && !/<0x|<\/?[a-z]+>/.test(text) && text !== '')
      const ids = tokenizer.encode(text, options)
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(text)
      const decoder = tokenizer.createStreamDecoder({ skipSpecialTokens: true })
      expect([...ids].map((id) => decoder.push(id)).join('') + decoder.end()).toBe(text)
    }),
    { numRuns: 300, seed: 3 },
  )
})

it('readTokenizer takes the fast tokenizer for byte-level BPE, and passes on what is broken', () => {
  const { files } = JSON.parse(readFileSync(new URL('fixtures/hugging-face-golden.json', import.meta.url), 'utf8')) as {
    files: { file: object }[]
  }
  for (const { file } of files) expect(readTokenizer(file)).toBeInstanceOf(Tokenizer)
  expect(() => readTokenizer('{')).toThrow(TokenizerError)
  expect(() => new HubTokenizer({ model: { type: 'Crystal' } })).toThrow(/tokenizer\.json: /)
})

describe('ChatTemplate', () => {
  const roles = { bos_token: '<s>', eos_token: '</s>' }

  it.each(golden.templates)('renders as transformers does: $name', ({ template, rendered }) => {
    const chat = new ChatTemplate(template, roles)
    golden.chats.forEach((messages, i) => {
      expect(chat.render(messages)).toBe(rendered[i]![0])
      expect(chat.render(messages, { addGenerationPrompt: true })).toBe(rendered[i]![1])
    })
  })

  it('says what the template objects to, and what cannot be parsed', () => {
    const chat = new ChatTemplate(golden.templates.find(({ name }) => name === 'llama')!.template, roles)
    expect(() => chat.render([{ role: 'assistant', content: 'Hm' }])).toThrow(/roles must alternate/)
    expect(() => new ChatTemplate('{% for %}')).toThrow(/chat template: the template cannot be parsed/)
  })

  it('knows the date only when it is told', () => {
    const chat = new ChatTemplate(
      "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}no date{% endif %}",
    )
    expect(chat.render([])).toBe('no date')
    expect(chat.render([], { now: new Date(2026, 10, 5) })).toBe('05 Nov 2026')
  })
})
