import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadCorpus, loadShipped, shippedDataSets } from './corpus.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corpus-'))
})
afterEach(() => rm(folder, { recursive: true }))

const put = async (files: Record<string, string | Uint8Array>): Promise<void> => {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true })
    await writeFile(join(folder, name), content)
  }
}

describe('loadCorpus, shipped text', () => {
  it('splits the addresses and the novel by whole documents', async () => {
    const corpus = await loadCorpus()
    const { training, validation } = corpus
    expect(training.length + validation.length).toBe(233 + 139)
    expect(validation.length).toBe(12 + 7)
    expect(validation.slice(0, 2).map(({ name }) => name.split(' ')[0])).toEqual(['sotu/1800', 'sotu/1820'])
    const bytes = (documents: typeof training): number =>
      documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)
    expect(bytes(training) + bytes(validation)).toBe(10_761_202 + 1_216_302)
    const share = bytes(validation) / (bytes(training) + bytes(validation))
    expect(share).toBeGreaterThan(0.03)
    expect(share).toBeLessThan(0.07)
    const trained = new Set(training.map(({ text }) => text))
    expect(validation.filter(({ text }) => trained.has(text))).toEqual([])
    expect(corpus.dataSets.map(({ version, licence }) => [version, licence.slice(0, 19)])).toEqual([
      ['0.2.3', 'text: public domain'],
      ['0.2.3', 'text: public domain'],
    ])
    expect((await loadCorpus()).hash).toBe(corpus.hash)
  })

  it('names what differs from the pinned version', async () => {
    const [addresses] = shippedDataSets
    const changed = { ...addresses!, load: async () => [{ name: 'x', text: 'other' }] }
    await expect(loadShipped(changed)).rejects.toThrow(
      /State of the Union.*version 0\.2\.3 with 233 documents, 10761202 bytes.*got 1 documents, 5 bytes/,
    )
  })

  it('says how to get a package that is not there', async () => {
    const [addresses] = shippedDataSets
    const missing = { ...addresses!, load: () => Promise.reject(new Error("Cannot find package 'x'")) }
    await expect(loadShipped(missing)).rejects.toThrow(/Cannot find package 'x'[^]*npm ci[^]*--data/)
  })
})

describe('loadCorpus, own folder', () => {
  it('takes .txt and .md files below the folder, every 20th for validation', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `part-${index % 3}/${String(index).padStart(2, '0')}.txt`,
        `text number ${index}`,
      ]),
    )
    await put({
      ...files,
      'NOTES.MD': 'a note',
      'image.png': 'no text',
      '.hidden/a.txt': 'hidden',
      'empty.txt': ' \n',
      'repeat.txt': 'text number 7',
    })
    const { training, validation, dataSets } = await loadCorpus({ folder })
    expect(validation).toEqual([
      { name: 'part-0/27.txt', text: 'text number 27' },
      { name: 'part-2/08.txt', text: 'text number 8' },
    ])
    expect(training.length).toBe(39)
    expect(training[0]).toEqual({ name: 'NOTES.MD', text: 'a note' })
    expect(dataSets[0]?.note).toBe('41 files (1 exact repeats left out); every 20th is for validation')
  })

  it('holds out the end of each file when there are few', async () => {
    const lines = Array.from({ length: 200 }, (_, index) => `line ${index}\n`).join('')
    await put({ 'one.txt': lines })
    const { training, validation, dataSets } = await loadCorpus({ folder })
    expect(training[0]!.text + validation[0]!.text).toBe(lines)
    expect(validation[0]!.text).toMatch(/^line 19\d\n/)
    expect(training[0]!.text).toMatch(/\n$/)
    expect(dataSets[0]).toMatchObject({ bytes: lines.length, note: '1 files; the last 5 % of each is for validation' })
  })

  it('has another hash for another text or split', async () => {
    await put({ 'a.txt': 'one two three four five six seven eight nine ten eleven twelve and so on' })
    const first = await loadCorpus({ folder })
    await put({ 'a.txt': 'one two three four five six seven eight nine ten eleven twelfth and so on' })
    expect((await loadCorpus({ folder })).hash).not.toBe(first.hash)
  })

  it('drops a byte order mark', async () => {
    await put({ 'a.txt': '\ufeffHello over there, this is a text with some words to cut off at the end' })
    expect((await loadCorpus({ folder })).training[0]!.text).toMatch(/^Hello/)
  })

  it('explains folders that it cannot use', async () => {
    await expect(loadCorpus({ folder: join(folder, 'nowhere') })).rejects.toThrow(
      /nowhere", which does not exist[^]*help: give a folder/,
    )
    await expect(loadCorpus({ folder })).rejects.toThrow(/got 0 such files/)
    await put({ 'a.txt': '  ' })
    await expect(loadCorpus({ folder })).rejects.toThrow(/got 1 such files, all empty/)
    await expect(loadCorpus({ folder: join(folder, 'a.txt') })).rejects.toThrow(/which is not a folder/)
    await put({ 'a.txt': 'unbroken' })
    await expect(loadCorpus({ folder })).rejects.toThrow(/enough text to hold some out/)
    await put({ 'b.txt': Buffer.from('Zürich\nGenève', 'latin1') })
    await expect(loadCorpus({ folder })).rejects.toThrow(
      /b\.txt: expected UTF-8 text, got byte 0xfc at 1 \(line 1\)[^]*iconv/,
    )
    await put({ 'b.txt': Buffer.from('line\nGenè').subarray(0, 9) })
    await expect(loadCorpus({ folder })).rejects.toThrow(/unfinished character at the end/)
  })
})
