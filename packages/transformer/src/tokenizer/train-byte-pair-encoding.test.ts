import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { PreTokenizer } from './pre-tokenizer.js'
import { trainBytePairEncoding, type TrainingProgress } from './train-byte-pair-encoding.js'

interface Golden {
  readonly texts: string[]
  readonly probes: string[]
  readonly trained: {
    readonly preTokenizer: PreTokenizer & string
    readonly vocabularySize: number
    readonly minimumFrequency: number
    readonly merges: string[]
    readonly encodings: number[][]
  }[]
}

// Written by tools/parity/tokenizer-golden.py with Python's tokenizers.
const golden = JSON.parse(
  readFileSync(new URL('./fixtures/hugging-face-golden.json', import.meta.url), 'utf8'),
) as Golden
const specialTokens = ['<|endoftext|>', '<|pad|>']

/** Algorithm 1 of Sennrich et al. as it is printed: count everything again for every merge. */
function trainSlowly(text: string, merges: number): string[] {
  const words = (text.match(/ ?[a-z]+|\s+/g) ?? []).map((word) => [...word.replaceAll(' ', 'Ġ')])
  const learned: string[] = []
  const order = [...new Set(words.flat())].sort() // of ids, by which ties are broken
  for (let merge = 0; merge < merges; merge++) {
    const counts = new Map<string, number>()
    for (const word of words) {
      for (let index = 1; index < word.length; index++) {
        const pair = `${word[index - 1]} ${word[index]}`
        counts.set(pair, (counts.get(pair) ?? 0) + 1)
      }
    }
    const best = Math.max(...counts.values())
    const candidates = [...counts]
      .filter(([, count]) => count === best)
      .map(([pair]) => pair.split(' ') as [string, string])
    const [left, right] = candidates.sort(
      (a, b) => order.indexOf(a[0]) - order.indexOf(b[0]) || order.indexOf(a[1]) - order.indexOf(b[1]),
    )[0] as [string, string]
    learned.push(`${left} ${right}`)
    if (!order.includes(left + right)) order.push(left + right)
    for (const word of words) {
      for (let index = 0; index + 1 < word.length; index++) {
        if (word[index] === left && word[index + 1] === right) word.splice(index, 2, left + right)
      }
    }
  }
  return learned
}

const mergesOf = (options: Parameters<typeof trainBytePairEncoding>[0]): string[] =>
  trainBytePairEncoding(options)
    .toJSON()
    .model.merges.map((pair) => pair.join(' '))

describe('trainBytePairEncoding', () => {
  for (const { preTokenizer, vocabularySize, minimumFrequency, merges, encodings } of golden.trained) {
    it(`learns the merges of Hugging Face and encodes alike: ${preTokenizer}`, () => {
      const options = { texts: golden.texts, vocabularySize, minimumFrequency, specialTokens, preTokenizer }
      const tokenizer = trainBytePairEncoding(options)
      expect(mergesOf(options)).toEqual(merges)
      expect(tokenizer.encodeBatch(golden.probes).map((ids) => [...ids])).toEqual(encodings)
    })
  }

  it('agrees with the algorithm as printed', () => {
    const text = `${'the cat '.repeat(40)}${'the dog '.repeat(23)}${'a catalog '.repeat(9)}${'gone '.repeat(5)}`
    expect(mergesOf({ texts: [text], vocabularySize: 256 + 14 })).toEqual(trainSlowly(text, 14))
  })

  it('gives special tokens the first ids, then the bytes, then merges', () => {
    const tokenizer = trainBytePairEncoding({ texts: ['aaaa aaaa'], vocabularySize: 260, specialTokens })
    expect(tokenizer.vocabularySize).toBe(260)
    expect(tokenizer.idOf('<|endoftext|>')).toBe(0)
    expect(tokenizer.idOf('<|pad|>')).toBe(1)
    expect(tokenizer.idOf('!')).toBe(2)
    expect(tokenizer.idOf('aa')).toBe(258)
    expect(tokenizer.idOf('aaaa')).toBe(259)
  })

  it('is the same for the same text in other portions of whole words', () => {
    const words = golden.texts
      .slice(0, 2)
      .join(' ')
      .split(' ')
      .map((word) => ` ${word}`)
    const one = mergesOf({ texts: [words.join('')], vocabularySize: 400 })
    expect(mergesOf({ texts: words, vocabularySize: 400 })).toEqual(one)
    expect(
      mergesOf({ texts: new Set([words.slice(0, 9).join(''), words.slice(9).join('')]), vocabularySize: 400 }),
    ).toEqual(one)
  })

  it('stops where pairs are rarer than minimumFrequency', () => {
    const texts = ['abc abc abc xyz']
    expect(mergesOf({ texts, vocabularySize: 1000, minimumFrequency: 3 })).toEqual(['a b', 'ab c'])
    expect(mergesOf({ texts, vocabularySize: 1000, minimumFrequency: 4 })).toEqual([])
    expect(mergesOf({ texts, vocabularySize: 1000, minimumFrequency: 1 })).toEqual([
      'a b',
      'ab c',
      'Ġ abc',
      'x y',
      'Ġ xy',
      'Ġxy z',
    ])
  })

  it('reports progress and obeys an abort signal', () => {
    const events: TrainingProgress[] = []
    const options = { texts: golden.texts, vocabularySize: 256 + 130 }
    trainBytePairEncoding({ ...options, onProgress: (event) => events.push(event) })
    const characters = golden.texts.reduce((sum, text) => sum + text.length, 0)
    expect(events.filter(({ phase }) => phase === 'read').at(-1)).toEqual({
      phase: 'read',
      texts: golden.texts.length,
      characters,
    })
    expect(events.filter(({ phase }) => phase === 'merge')).toEqual([
      { phase: 'merge', done: 64, total: 130 },
      { phase: 'merge', done: 128, total: 130 },
      { phase: 'merge', done: 130, total: 130 },
    ])

    const controller = new AbortController()
    const aborting = (event: TrainingProgress): void => {
      if (event.phase === 'merge') controller.abort(new Error('enough'))
    }
    expect(() => trainBytePairEncoding({ ...options, signal: controller.signal, onProgress: aborting })).toThrow(
      'enough',
    )
  })

  it('refuses bad options before reading any text', () => {
    const texts: Iterable<string> = {
      [Symbol.iterator]: () => {
        throw new Error('was read')
      },
    }
    const train = (options: object) => () => trainBytePairEncoding({ texts, vocabularySize: 300, ...options })
    expect(train({ vocabularySize: 255 })).toThrow(/vocabularySize: expected a whole number of at least 256/)
    expect(train({ vocabularySize: 257, specialTokens })).toThrow(
      /at least 258 \(256 bytes \+ 2 special tokens\), got 257/,
    )
    expect(train({ vocabularySize: 300.5 })).toThrow(/got 300.5/)
    expect(train({ minimumFrequency: 0 })).toThrow(/minimumFrequency/)
    expect(train({ specialTokens: ['<a>', '<a>'] })).toThrow(/specialTokens\[1\]/)
    expect(train({ specialTokens: ['a'] })).toThrow(/specialTokens\[0\].*got "a"/)
    expect(train({ preTokenizer: 'gpt3' })).toThrow(/preTokenizer: expected 'gpt2', 'gpt4', 'none'/)
    expect(train({ preTokenizer: { pattern: '(' } })).toThrow(/preTokenizer.pattern/)
  })

  it('refuses to learn from nothing', () => {
    expect(() => trainBytePairEncoding({ texts: [], vocabularySize: 300 })).toThrow(/got 0 texts of 0 characters/)
    expect(() => trainBytePairEncoding({ texts: ['', ''], vocabularySize: 300 })).toThrow(/got 2 texts of 0 characters/)
  })
})
