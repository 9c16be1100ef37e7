import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToAlphabet } from './byte-alphabet.js'
import { Tokenizer } from './tokenizer.js'
import { TokenizerError } from './tokenizer-error.js'
import { trainBytePairEncoding } from './train-byte-pair-encoding.js'

interface Golden {
  readonly texts: string[]
  readonly probes: string[]
  readonly files: {
    readonly name: string
    readonly file: Record<string, Record<string, unknown>>
    readonly encodings: number[][]
  }[]
}

// Written by tools/parity/tokenizer-golden.py with Python's tokenizers.
const golden = JSON.parse(
  readFileSync(new URL('./fixtures/hugging-face-golden.json', import.meta.url), 'utf8'),
) as Golden

const endOfText = '<|endoftext|>'
const trained = (preTokenizer: 'gpt2' | 'gpt4' | 'none'): Tokenizer =>
  trainBytePairEncoding({
    texts: golden.texts,
    vocabularySize: 600,
    minimumFrequency: 1,
    specialTokens: [endOfText],
    preTokenizer,
  })
const tokenizer = trained('gpt2')

describe('Tokenizer.fromJSON', () => {
  for (const { name, file, encodings } of golden.files) {
    it(`encodes as Hugging Face does: ${name}`, () => {
      const read = Tokenizer.fromJSON(file)
      expect(read.encodeBatch(golden.probes).map((ids) => [...ids])).toEqual(encodings)
    })

    it(`is the same after toJSON: ${name}`, () => {
      const again = Tokenizer.fromJSON(JSON.stringify(Tokenizer.fromJSON(file)))
      expect(again.encodeBatch(golden.probes).map((ids) => [...ids])).toEqual(encodings)
    })
  }

  it('says what is wrong with a broken file, and where', () => {
    const valid = tokenizer.toJSON()
    const change = (part: object) => () => Tokenizer.fromJSON({ ...valid, ...part })
    const model = (part: object) => change({ model: { ...valid.model, ...part } })
    expect(() => Tokenizer.fromJSON('{')).toThrow(/expected JSON, got 1 characters/)
    expect(() => Tokenizer.fromJSON([])).toThrow(/expected an object, got \[\]/)
    expect(change({ model: null })).toThrow(/model: expected an object, got null/)
    expect(model({ vocab: { a: 'b' } })).toThrow(/model\.vocab\["a"\]: expected a whole number/)
    expect(model({ merges: ['a b c'] })).toThrow(/model\.merges\[0\]: expected two tokens/)
    expect(model({ merges: [['a', 'not there']] })).toThrow(/model\.merges\[0\].*union/)
    expect(model({ type: 'Unigram' })).toThrow(/model\.type is "Unigram"[^]*@huggingface\/tokenizers/)
    expect(model({ byte_fallback: true })).toThrow(/byte_fallback/)
    expect(model({ dropout: 0.1 })).toThrow(/dropout/)
    expect(change({ pre_tokenizer: { type: 'Whitespace' } })).toThrow(/pre_tokenizer\.type is "Whitespace"/)
    expect(change({ pre_tokenizer: null })).toThrow(/pre_tokenizer is null/)
    expect(change({ normalizer: { type: 'Lowercase' } })).toThrow(/normalizer\.type is "Lowercase"/)
    expect(change({ added_tokens: [{ id: 0 }] })).toThrow(/added_tokens\[0\]\.content: expected a string/)
  })
})

describe('Tokenizer', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 60 })
  const realText = fc.array(
    fc.oneof(fc.constantFrom(...golden.texts.join(' ').split(' '), ' ', '\n', endOfText), anyText),
    { maxLength: 20 },
  )

  for (const preTokenizer of ['gpt2', 'gpt4', 'none'] as const) {
    it(`round trips any text exactly: ${preTokenizer}`, () => {
      const subject = trained(preTokenizer)
      fc.assert(
        fc.property(realText, (parts) => {
          const text = parts.join('')
          expect(subject.decode(subject.encode(text))).toBe(text)
          expect(subject.decode(subject.encode(text, { allowedSpecial: 'none' }))).toBe(text)
        }),
        { numRuns: 300 },
      )
    })
  }

  it('makes U+FFFD of a lone surrogate, as TextEncoder does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0xd700, max: 0xe100 }), { maxLength: 30 }), (units) => {
        const text = String.fromCharCode(...units)
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(
          new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text)),
        )
      }),
    )
  })

  it('gives the same ids whether or not a piece was met before', () => {
    const words = Array.from({ length: 3000 }, (_, index) => ` word${index % 1700}s`).join('')
    const fresh = Tokenizer.fromJSON(tokenizer.toJSON())
    const first = fresh.encode(words)
    expect(fresh.encode(words)).toEqual(first)
    expect(fresh.decode(first)).toBe(words)
  })

  it('merges long pieces by the heap as short ones by the scan', () => {
    // Without cuts the whole text is one piece; each word alone is a short one.
    const subject = trained('none')
    const reference = (text: string): number[] => {
      const { vocab, merges } = subject.toJSON().model
      let tokens = [...bytesToAlphabet(new TextEncoder().encode(text))]
      for (const [left, right] of merges) {
        const merged: string[] = []
        for (let index = 0; index < tokens.length; index++) {
          if (tokens[index] === left && tokens[index + 1] === right) merged.push(left + tokens[++index])
          else merged.push(tokens[index] as string)
        }
        tokens = merged
      }
      return tokens.map((token) => vocab[token] as number)
    }
    for (const text of [...golden.texts, ...golden.probes.filter((probe) => !probe.includes('<'))]) {
      expect([...subject.encode(text)]).toEqual(reference(text))
    }
  })

  it('returns ids that stay as they are', () => {
    const first = tokenizer.encode('Call me Ishmael.')
    const copy = [...first]
    tokenizer.encode('and then something else, which is longer')
    expect([...first]).toEqual(copy)
  })

  it('never splits special tokens, and reads them as text on request', () => {
    const text = `a${endOfText}b`
    const id = tokenizer.idOf(endOfText) as number
    expect(id).toBe(0)
    expect([...tokenizer.encode(text)]).toContain(id)
    expect([...tokenizer.encode(text, { allowedSpecial: [endOfText] })]).toContain(id)
    for (const allowedSpecial of ['none', []] as const) {
      const ids = [...tokenizer.encode(text, { allowedSpecial })]
      expect(ids).not.toContain(id)
      expect(tokenizer.decode(ids)).toBe(text)
    }
    expect(tokenizer.decode(tokenizer.encode(text), { skipSpecialTokens: true })).toBe('ab')
    expect(() => tokenizer.encode(text, { allowedSpecial: ['<|pad|>'] })).toThrow(
      /allowedSpecial.*<\|endoftext\|>.*got "<\|pad\|>"/,
    )
  })

  it('decodes ids one by one', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const decoder = tokenizer.createStreamDecoder()
        const parts = [...tokenizer.encode(text)].map((id) => decoder.push(id))
        expect(parts.join('') + decoder.end()).toBe(text)
        if (!text.includes('\ufffd')) expect(parts.join('')).not.toContain('\ufffd')
      }),
    )
    const decoder = tokenizer.createStreamDecoder()
    const bytes = [...new TextEncoder().encode('🙂')].map(
      (byte) => tokenizer.toJSON().model.vocab[bytesToAlphabet([byte])] as number,
    )
    expect(bytes.map((id) => decoder.push(id))).toEqual(['', '', '', '🙂'])
    expect(decoder.push(bytes.slice(0, 2)) + decoder.end()).toBe('\ufffd')
    expect(decoder.push(bytes)).toBe('🙂')
  })

  it('refuses ids that it does not know and text that is none', () => {
    expect(() => tokenizer.decode([5, 600])).toThrow(
      /expected token ids of this vocabulary \(0 to 599\), got 600 at index 1/,
    )
    expect(() => tokenizer.decode([-1])).toThrow(/got -1/)
    expect(() => tokenizer.decode([1.5])).toThrow(/got 1.5/)
    expect(() => tokenizer.encode(undefined as unknown as string)).toThrow(/expected a string, got undefined/)
    try {
      tokenizer.decode([600])
    } catch (error) {
      expect(TokenizerError.isInstance(error) && error.code).toBe('unknown-token')
    }
    expect.hasAssertions()
  })

  it('names the byte that a partial vocabulary lacks', () => {
    const { model, ...rest } = tokenizer.toJSON()
    const { z: _, ...vocab } = model.vocab as Record<string, number>
    const partial = Tokenizer.fromJSON({ ...rest, model: { ...model, vocab, merges: [] } })
    expect(partial.decode(partial.encode('abc'))).toBe('abc')
    expect(() => partial.encode('jazz')).toThrow(/byte 0x7a of "jazz" has no token/)
  })
})
