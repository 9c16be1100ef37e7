import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CurationError, readJsonLines, readTextFolder, type Document } from './index.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'readers-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function all(documents: AsyncIterable<Document>): Promise<Document[]> {
  const list: Document[] = []
  for await (const document of documents) list.push(document)
  return list
}

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

const records = Array.from({ length: 10 }, (_, index) =>
  JSON.stringify({ id: index, text: `text ${index}`, year: 1990 + index }),
)

describe('readJsonLines', () => {
  test('reads text, id and the rest as metadata', async () => {
    const path = write('a.jsonl', '{"id":"x","text":"Hé\\nlo","source":{"name":"s"}}\n\n{"text":"no id"}')
    expect(await all(readJsonLines(path))).toEqual([
      { id: 'x', text: 'Hé\nlo', metadata: { source: { name: 's' } } },
      { id: `${path}:3`, text: 'no id', metadata: {} },
    ])
  })

  test('a gzip file reads as the plain one; Windows line ends too', async () => {
    const plain = await all(readJsonLines(write('a.jsonl', records.join('\n'))))
    expect(plain.map(({ id }) => id)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    expect(await all(readJsonLines(write('b.jsonl.gz', gzipSync(records.join('\n')))))).toEqual(plain)
    expect(await all(readJsonLines(write('c.jsonl', records.join('\r\n'))))).toEqual(plain)
  })

  test.each([1, 2, 3, 7, 20])('%i processes read every record once, over the borders of files', async (worldSize) => {
    const paths = [write('a.jsonl', records.slice(0, 4).join('\n')), write('b.jsonl', records.slice(4).join('\n\n'))]
    const shares = await Promise.all(
      Array.from({ length: worldSize }, (_, rank) => all(readJsonLines(paths, { rank, worldSize }))),
    )
    expect(
      shares
        .flat()
        .map(({ id }) => Number(id))
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    const sizes = shares.map((share) => share.length)
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  })

  test('other field names', async () => {
    const path = write('a.jsonl', '{"key":3,"body":"b","text":"kept as metadata"}')
    expect(await all(readJsonLines(path, { textField: 'body', idField: 'key' }))).toEqual([
      { id: '3', text: 'b', metadata: { text: 'kept as metadata' } },
    ])
  })

  test.each([
    ['{"text":', /a\.jsonl:2: expected one JSON object/],
    ['[1]', /expected a JSON object, got \[1\]/],
    ['{"text":5}', /a string in field "text", got 5/],
    ['{"title":"t"}', /a string in field "text", got nothing/],
    ['{"id":{},"text":""}', /a string or number in field "id"/],
  ])('names file and line of the bad record %s', async (line, message) => {
    const path = write('a.jsonl', `${records[0]}\n${line}\n${records[1]}`)
    const reading = all(readJsonLines(path))
    await expect(reading).rejects.toThrow(message)
    await expect(reading).rejects.toSatisfy((error) => CurationError.isInstance(error, 'invalid-record'))
    const told: string[] = []
    const good = await all(readJsonLines(path, { onInvalid: ({ message: text }) => told.push(text) }))
    expect(good.map(({ id }) => id)).toEqual(['0', '1'])
    expect(told).toHaveLength(1)
  })

  test('a missing and a cut-off file', async () => {
    await expect(all(readJsonLines(join(folder, 'none.jsonl')))).rejects.toThrow(/cannot read .*none\.jsonl: ENOENT/)
    const cut = write('cut.jsonl.gz', gzipSync(records.join('\n').repeat(50)).subarray(0, 60))
    await expect(all(readJsonLines(cut))).rejects.toSatisfy((error) =>
      CurationError.isInstance(error, 'unreadable-source'),
    )
  })

  test('characters and lines longer than a chunk of the file survive', async () => {
    const text = 'ä湖'.repeat(60_000)
    const path = write('long.jsonl', `\uFEFF${JSON.stringify({ text })}\n${JSON.stringify({ text: 'x' + text })}\n`)
    expect((await all(readJsonLines(path))).map((document) => document.text)).toEqual([text, 'x' + text])
  })

  test('a reader that is left early closes its file', async () => {
    const path = write('a.jsonl', records.join('\n'))
    for await (const { id } of readJsonLines(path)) if (id === '1') break
    rmSync(path)
  })
})

describe('readTextFolder', () => {
  test('reads files in the order of their paths', async () => {
    write('b.txt', 'B')
    write('deep/a.md', 'Ä')
    write('deep/skipped.json', '{}')
    expect(await all(readTextFolder(folder))).toEqual([
      { id: 'b.txt', text: 'B', metadata: { bytes: 1 } },
      { id: 'deep/a.md', text: 'Ä', metadata: { bytes: 2 } },
    ])
    expect(await all(readTextFolder(folder, { extensions: ['.json'] }))).toHaveLength(1)
  })

  test('processes share the files', async () => {
    for (let index = 0; index < 5; index++) write(`${index}.txt`, String(index))
    const shares = await Promise.all([0, 1].map((rank) => all(readTextFolder(folder, { rank, worldSize: 2 }))))
    expect(shares.map((share) => share.map(({ text }) => text).join(''))).toEqual(['024', '13'])
  })

  test('refuses bytes that are not UTF-8, an empty and a missing folder', async () => {
    await expect(all(readTextFolder(folder))).rejects.toThrow(/files that end in \.txt or \.md, found none/)
    write('latin1.txt', Uint8Array.of(0x47, 0xe9))
    await expect(all(readTextFolder(folder))).rejects.toThrow(/latin1\.txt: expected UTF-8/)
    await expect(all(readTextFolder(join(folder, 'none')))).rejects.toThrow(/cannot read .*none/)
  })
})

test.each([
  [{ worldSize: 0 }, /"worldSize".*got 0/],
  [{ rank: 2, worldSize: 2 }, /"rank".*0 to 1, got 2/],
  [{ rank: -1 }, /"rank".*0 to 0, got -1/],
])('refuses the share %o', async (share, message) => {
  await expect(all(readJsonLines([], share))).rejects.toThrow(message)
})
