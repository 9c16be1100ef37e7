import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Corpus } from './corpus.js'
import { endOfText, tokenizeCorpus } from './corpus-tokens.js'

let cacheFolder: string
beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'tokens-'))
})
afterEach(() => rm(cacheFolder, { recursive: true, force: true }))

const document = (name: string, text: string): { name: string; text: string } => ({ name, text })
const corpus: Corpus = {
  training: [
    document('a', 'the lake and the boat and the net '.repeat(30)),
    document('b', `the wind ${endOfText} the wave`),
  ],
  validation: [document('c', 'the boat on the lake — Genève')],
  dataSets: [],
  hash: 'one',
}

describe('tokenizeCorpus', () => {
  it('encodes every document and puts the end after it', async () => {
    const { tokenizer, training, validation, fromCache } = await tokenizeCorpus({
      corpus,
      vocabularySize: 300,
      cacheFolder,
    })
    expect(fromCache).toBe(false)
    expect(training.tokens).toBeInstanceOf(Uint16Array)
    const texts = corpus.training.map(({ text }) => text)
    expect(tokenizer.decode(training.tokens)).toBe(texts.map((text) => text + endOfText).join(''))
    const end = tokenizer.idOf(endOfText)
    expect([...training.tokens].filter((id) => id === end)).toHaveLength(2)
    expect(validation.bytes).toBe(Buffer.byteLength(corpus.validation[0]!.text))
    expect(validation.bytesPerToken).toBe(validation.bytes / validation.tokens.length)
    expect(training.bytesPerToken).toBeGreaterThan(3)
  })

  it('learns nothing from the validation text', async () => {
    const other = { ...corpus, validation: [document('c', 'zzzz '.repeat(500))] }
    const one = await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder: join(cacheFolder, '1') })
    const two = await tokenizeCorpus({ corpus: other, vocabularySize: 300, cacheFolder: join(cacheFolder, '2') })
    expect(two.tokenizer.toJSON()).toEqual(one.tokenizer.toJSON())
  })

  it('reads the same from the cache, and only for the same corpus and vocabulary', async () => {
    const first = await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })
    const again = await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })
    expect(again.fromCache).toBe(true)
    expect(again.training).toEqual(first.training)
    expect(again.validation).toEqual(first.validation)
    expect(again.tokenizer.toJSON()).toEqual(first.tokenizer.toJSON())
    expect((await tokenizeCorpus({ corpus, vocabularySize: 290, cacheFolder })).fromCache).toBe(false)
    expect(
      (await tokenizeCorpus({ corpus: { ...corpus, hash: 'two' }, vocabularySize: 300, cacheFolder })).fromCache,
    ).toBe(false)
  })

  it('makes a damaged cache anew', async () => {
    const first = await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })
    const [name] = await readdir(cacheFolder)
    const file = join(cacheFolder, name!, 'training.bin')
    const content = await readFile(file)
    content[3]! ^= 1
    for (const damaged of [content, content.subarray(0, 10), Buffer.alloc(0)]) {
      await writeFile(file, damaged)
      const again = await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })
      expect(again.fromCache).toBe(false)
      expect(again.training).toEqual(first.training)
      expect((await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })).fromCache).toBe(true)
    }
  })

  it('may be called by many at once and leaves nothing unfinished behind', async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, () => tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })),
    )
    for (const { training } of results) expect(training).toEqual(results[0]!.training)
    const names = await readdir(cacheFolder)
    expect(names).toHaveLength(1)
    expect(names[0]).toMatch(/^tokens-[0-9a-f]{24}$/)
    expect((await tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder })).fromCache).toBe(true)
  })

  it('takes 32-bit ids for a large vocabulary', async () => {
    let seed = 1
    const next = (): string => ((seed = (seed * 48271) % 2147483647) % 46656).toString(36).padStart(3, '0')
    const text = Array.from({ length: 80_000 }, () => `${next()}${next()}`).join(' ')
    const large = { ...corpus, hash: 'large', training: [document('a', text + text)] }
    const options = { corpus: large, vocabularySize: 65_600, cacheFolder }
    const { tokenizer, training } = await tokenizeCorpus(options)
    expect(tokenizer.vocabularySize).toBe(65_600)
    expect(training.tokens).toBeInstanceOf(Int32Array)
    const again = await tokenizeCorpus(options)
    expect(again.fromCache).toBe(true)
    expect(again.training.tokens).toEqual(training.tokens)
  })

  it('says where it could not write', async () => {
    await writeFile(join(cacheFolder, 'file'), '')
    await expect(
      tokenizeCorpus({ corpus, vocabularySize: 300, cacheFolder: join(cacheFolder, 'file') }),
    ).rejects.toThrow(/expected to write the tokenized text there[^]*cache folder/)
  })
})
