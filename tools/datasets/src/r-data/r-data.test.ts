import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toDataFrame } from './data-frame.js'
import { openRdb } from './read-rdb.js'
import { readRda, readRds } from './read-rda.js'
import { entriesOf, type RValue } from './r-value.js'

// Files of real R, written by tools/parity/r-data-golden.mjs.
const fixture = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined

const patients = {
  id: { kind: 'number', values: [1, null, 3] },
  weight: { kind: 'number', values: [61.5, null, NaN] },
  group: { kind: 'factor', levels: ['b', 'a', 'unused'], values: ['b', 'a', null] },
  town: { kind: 'string', values: ['Zürich', null, '東京'] },
  treated: { kind: 'boolean', values: [true, null, false] },
  seen: { kind: 'date', values: ['2021-03-04', null, '1969-12-31'] },
}

describe('readRda', () => {
  for (const packing of ['gzip', 'bzip2', 'xz', 'plain', 'version2']) {
    it.skipIf((packing === 'bzip2' || packing === 'xz') && !has(packing))(`reads a table: ${packing}`, async () => {
      const objects = await readRda(fixture(`table-${packing}.rda`))
      expect([...objects.keys()]).toEqual(['patients', 'named'])
      const table = toDataFrame(objects.get('patients')!)
      expect(table).toEqual({ rowCount: 3, names: Object.keys(patients), columns: patients })
      expect(toDataFrame(objects.get('named')!)).toEqual({
        rowCount: 2,
        names: ['x'],
        columns: { x: { kind: 'number', values: [1, 2] } },
        rowNames: ['first', 'second'],
      })
    })
  }

  it('reads one object from an .rds file', async () => {
    expect(toDataFrame(await readRds(fixture('table.rds'))).columns).toEqual(patients)
  })

  it('reads the rarer kinds of values', async () => {
    const objects = await readRda(fixture('rare.rda'))
    const rare = entriesOf(objects.get('rare')!)
    const values = (name: string): unknown => (rare.get(name) as { values?: unknown }).values
    expect(rare.get('nothing')).toEqual({ type: 'null' })
    expect(values('sequence')).toEqual(Array.from({ length: 1000 }, (_, index) => index + 1))
    expect(values('backwards')).toEqual([5, 4, 3, 2, 1])
    expect(values('real_sequence')).toEqual([1, 2, 3])
    expect(values('texts')).toEqual(['1', '2', '3', null])
    expect(values('latin')).toEqual(['Genève'])
    expect([...(values('bytes') as Uint8Array)]).toEqual([0, 127, 255])
    expect(values('complex')).toEqual([[1, 2], null, [-0, -1]])
    expect(entriesOf(rare.get('pairs')!).get('b')).toMatchObject({ type: 'string', values: ['x'] })
    expect(rare.get('call')).toMatchObject({ type: 'language', tags: ['', '', 'y'] })
    expect(rare.get('symbol')).toEqual({ type: 'symbol', name: 'weight' })
    expect(values('shared')).toEqual([
      { type: 'reference', name: 'environment' },
      { type: 'reference', name: 'environment' },
      { type: 'symbol', name: 'weight' },
    ])
    expect(values('infinite')).toEqual([Infinity, -Infinity, 0.1])
    const nested = values('nested') as RValue[]
    expect(entriesOf(nested[2]!).get('three')).toMatchObject({ type: 'double', values: [3] })
    expect(toDataFrame(rare.get('matrix')!)).toEqual({
      rowCount: 2,
      names: ['p', 'q', 'r'],
      columns: {
        p: { kind: 'number', values: [1, 2] },
        q: { kind: 'number', values: [3, 4] },
        r: { kind: 'number', values: [5, 6] },
      },
    })
    expect(objects.get('point')).toMatchObject({ type: 's4', attributes: { x: { values: [1] }, y: { values: [2] } } })
    expect(objects.get('sorted')).toMatchObject({ type: 'double', values: [1, 2, 3] })
    expect(() => toDataFrame(rare.get('latin')!)).toThrow(/expected a data frame or a matrix, got a string/)
  })

  it('refuses what it cannot read, and says why', async () => {
    await expect(readRda(fixture('table-text.rda'))).rejects.toThrow(/expected binary R data, got text/)
    await expect(readRda(Buffer.from('id,weight\n1,2\n'), { name: 'a.csv' })).rejects.toThrow(
      /a\.csv: expected R data \(RDX2 or RDX3\), got "id,we"/,
    )
    await expect(readRda(fixture('table-gzip.rda').subarray(0, 100))).rejects.toThrow(/expected gzip data/)
    const plain = fixture('table-plain.rda')
    for (let length = 5; length < plain.length; length += 7) {
      await expect(readRda(plain.subarray(0, length))).rejects.toMatchObject({ code: 'invalid-file' })
    }
  })

  it('names the program that is missing', async () => {
    const run = (): never => {
      throw new Error('expected the program "xz"')
    }
    await expect(readRda(fixture('table-xz.rda'), { run })).rejects.toThrow(/"xz"/)
    const failing = async () => ({
      code: 1,
      stdout: Buffer.alloc(0),
      stderr: 'xz: (stdin): Compressed data is corrupt\n',
    })
    await expect(readRda(fixture('table-xz.rda'), { run: failing })).rejects.toThrow(
      /expected xz data, got: xz: \(stdin\): Compressed data is corrupt/,
    )
  })
})

describe('openRdb', () => {
  for (const packing of ['zlib', 'bzip2', 'xz']) {
    it.skipIf(packing !== 'zlib' && !has(packing))(`reads objects by name: ${packing}`, async () => {
      const database = await openRdb(fixture(`${packing}.rdx`), fixture(`${packing}.rdb`))
      expect([...database.names].sort()).toEqual(['patients', 'with_environment', 'words'])
      expect(toDataFrame(await database.read('patients')).columns).toEqual(patients)
      expect(await database.read('words')).toMatchObject({
        type: 'string',
        values: Array.from({ length: 1200 }, (_, index) => ['lake', 'boat', 'net'][index % 3]),
      })
      expect(await database.read('with_environment')).toMatchObject({
        type: 'list',
        attributes: { home: { type: 'reference' } },
      })
      await expect(database.read('other')).rejects.toThrow(/expected one of \[.*words.*\], got "other"/)
    })
  }

  it('notices a database that is cut short', async () => {
    const rdb = fixture('zlib.rdb')
    const database = await openRdb(fixture('zlib.rdx'), rdb.subarray(0, 50))
    await expect(Promise.all(database.names.map((name) => database.read(name)))).rejects.toThrow(/got a file of 50/)
  })
})
