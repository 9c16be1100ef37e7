import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DataSetEntry } from './data-set.js'
import { fetchDataset, fetchEntry } from './fetch-dataset.js'
import { fakeMachine, pack, sha } from './test-support.js'

const first = 'first file\n'
const second = 'second file, longer\n'
const tarball = pack({
  'package/package.json': '{}',
  'package/data/a.txt': first,
  'package/more/1.txt': second,
  'package/more/2.txt': second,
  'package/code.js': 'x',
})
const specifier = '@scope/lake@1.0.0'
const npmEntry: DataSetEntry = {
  name: 'lake',
  title: 'Texts of a lake',
  licence: 'CC0-1.0',
  url: 'https://example.org/lake',
  source: {
    kind: 'npm',
    package: '@scope/lake',
    version: '1.0.0',
    integrity: `sha512-${sha('sha512', tarball, 'base64')}`,
  },
  files: [{ path: 'data/a.txt', bytes: first.length, sha256: sha('sha256', first) }],
  pattern: { expression: /^more\/\d\.txt$/, count: 2, bytes: 2 * second.length },
}
const debianEntry: DataSetEntry = {
  ...npmEntry,
  name: 'boats',
  source: { kind: 'apt', package: 'r-boats', version: '2.0-1', folder: 'usr/lib/boats' },
  files: [{ path: 'boats.rda', bytes: second.length, sha256: sha('sha256', second) }],
}
delete (debianEntry as { pattern?: unknown }).pattern
const packaged = { 'usr/lib/boats/boats.rda': second, 'usr/share/doc/other': 'x' }

let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'data-'))
})
afterEach(() => rm(cache, { recursive: true, force: true }))

describe('fetchEntry from npm', () => {
  it('keeps the files of the entry, and asks npm only once', async () => {
    const { run, calls } = fakeMachine({ npm: { [specifier]: tarball } })
    const messages: string[] = []
    const fetched = await fetchEntry(npmEntry, { cache, run, onFetch: (message) => messages.push(message) })
    expect(fetched.from).toBe('npm')
    expect(fetched.files).toEqual(['data/a.txt', 'more/1.txt', 'more/2.txt'])
    expect((await fetched.read('more/2.txt')).toString()).toBe(second)
    expect(fetched.card).toEqual({
      name: 'lake (@scope/lake)',
      version: '1.0.0',
      licence: 'CC0-1.0',
      bytes: first.length + 2 * second.length,
      url: 'https://example.org/lake',
      note: 'Texts of a lake',
    })
    expect(messages).toEqual(['fetching lake (Texts of a lake) from the npm package @scope/lake@1.0.0'])
    const again = await fetchEntry(npmEntry, {
      cache,
      run,
      offline: true,
      onFetch: (message) => messages.push(message),
    })
    expect(again.from).toBe('cache')
    expect(again.files).toEqual(fetched.files)
    expect(calls).toEqual([`npm pack ${specifier}`])
    expect(messages).toHaveLength(1)
    expect(await readdir(cache)).toEqual(['lake-1.0.0'])
    expect(() => fetched.path('code.js')).toThrow(/expected one of its 3 files, got "code.js"[^]*data\/a\.txt/)
  })

  it('fetches anew what is not whole', async () => {
    const { run, calls } = fakeMachine({ npm: { [specifier]: tarball } })
    const fetched = await fetchEntry(npmEntry, { cache, run })
    await writeFile(fetched.path('more/1.txt'), 'short')
    expect((await (await fetchEntry(npmEntry, { cache, run })).read('more/1.txt')).toString()).toBe(second)
    await rm(fetched.path('data/a.txt'))
    expect((await fetchEntry(npmEntry, { cache, run })).from).toBe('npm')
    expect(calls).toHaveLength(3)
  })

  it('may be asked by many at once', async () => {
    const { run } = fakeMachine({ npm: { [specifier]: tarball } })
    const all = await Promise.all(Array.from({ length: 5 }, () => fetchEntry(npmEntry, { cache, run })))
    for (const fetched of all) expect((await fetched.read('data/a.txt')).toString()).toBe(first)
    expect(await readdir(cache)).toEqual(['lake-1.0.0'])
  })

  it('keeps nothing of another tarball', async () => {
    const { run } = fakeMachine({ npm: { [specifier]: pack({ 'package/data/a.txt': 'changed' }) } })
    await expect(fetchEntry(npmEntry, { cache, run })).rejects.toMatchObject({
      code: 'data-set-broken',
      message: expect.stringMatching(/integrity sha512-.*, got sha512-/) as string,
    })
    expect(await readdir(cache)).toEqual([])
  })

  it('notices files that the manifest tells otherwise', async () => {
    const { run } = fakeMachine({ npm: { [specifier]: tarball } })
    const get = (change: Partial<DataSetEntry>) => fetchEntry({ ...npmEntry, ...change }, { cache, run })
    await expect(get({ files: [{ path: 'data/b.txt', bytes: 1 }] })).rejects.toThrow(
      /expected the file data\/b\.txt, got none/,
    )
    await expect(get({ files: [{ path: 'data/a.txt', bytes: 1 }] })).rejects.toThrow(
      /expected 1 bytes in data\/a\.txt, got 11/,
    )
    await expect(get({ files: [{ path: 'data/a.txt', bytes: 11, sha256: '00' }] })).rejects.toThrow(
      /expected SHA-256 00 of data\/a\.txt, got /,
    )
    await expect(get({ pattern: { ...npmEntry.pattern!, count: 3 } })).rejects.toThrow(
      /expected 4 files of 51 bytes, got 3 of 51/,
    )
    expect(await readdir(cache)).toEqual([])
  })
})

describe('fetchEntry from apt', () => {
  it('takes the files out of the package', async () => {
    const { run, calls } = fakeMachine({ debian: { 'r-boats=2.0-1': packaged } })
    const fetched = await fetchEntry(debianEntry, { cache, run })
    expect(fetched.from).toBe('apt')
    expect((await fetched.read('boats.rda')).toString()).toBe(second)
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['apt-get', 'dpkg-deb'])
  })

  it('takes the current version where the pinned one is gone, if the file is the same', async () => {
    const { run } = fakeMachine({ debian: { 'r-boats': packaged } })
    expect((await fetchEntry(debianEntry, { cache, run })).files).toEqual(['boats.rda'])
    const changed = fakeMachine({ debian: { 'r-boats': { 'usr/lib/boats/boats.rda': second.toUpperCase() } } })
    await expect(fetchEntry(debianEntry, { cache: join(cache, 'other'), run: changed.run })).rejects.toThrow(
      /expected SHA-256 .* of boats\.rda/,
    )
  })
})

describe('fetchEntry without a source', () => {
  it('names the set, the places and the option', async () => {
    const { run } = fakeMachine({})
    const rejection = expect(fetchEntry(npmEntry, { cache, run, folderOption: '--lake DIR' })).rejects
    await rejection.toMatchObject({
      code: 'data-set-missing',
      fields: { lookedAt: [join(cache, 'lake-1.0.0'), 'the npm package @scope/lake@1.0.0'] },
    })
    await expect(fetchEntry(npmEntry, { cache, run, folderOption: '--lake DIR' })).rejects.toThrow(
      /lake \(Texts of a lake\): not in the cache at .*lake-1\.0\.0, and not to be had from the npm package @scope\/lake@1\.0\.0: .*404 Not Found[^]*help: .*data\/a\.txt.* by --lake DIR/,
    )
    await expect(fetchEntry(debianEntry, { cache, run })).rejects.toThrow(
      /boats .*the Debian package r-boats 2\.0-1: .*was not found[^]*--data DIR/,
    )
    const { run: untouched, calls } = fakeMachine({ npm: { [specifier]: tarball } })
    await expect(fetchEntry(npmEntry, { cache, run: untouched, offline: true })).rejects.toThrow(
      /got nothing at .*lake-1\.0\.0;.*offline was demanded[^]*--data DIR/,
    )
    expect(calls).toEqual([])
  })

  it('knows the nearest name', async () => {
    await expect(fetchDataset('minst', { cache })).rejects.toThrow(/got "minst"[^]*did you mean mnist\?/)
  })
})

describe('fetchEntry from a folder', () => {
  it('finds files by path, by name, and with .gz', async () => {
    await mkdir(join(cache, 'more'))
    await writeFile(join(cache, 'a.txt'), first)
    await writeFile(join(cache, 'more/1.txt'), 'mine')
    const { run, calls } = fakeMachine({})
    const fetched = await fetchEntry(npmEntry, { cache: join(cache, 'unused'), folder: cache, run })
    expect(fetched.files).toEqual(['data/a.txt', 'more/1.txt'])
    expect(fetched.from).toBe('folder')
    expect(fetched.card).toMatchObject({
      version: 'of the user',
      bytes: first.length + 4,
      note: `Texts of a lake; read from the folder ${cache}`,
    })
    expect(calls).toEqual([])
    await writeFile(join(cache, 'boats.rda.gz'), gzipSync(second))
    expect((await fetchEntry(debianEntry, { cache, folder: cache })).path('boats.rda')).toBe(
      join(cache, 'boats.rda.gz'),
    )
  })

  it('says the version of the manifest when the content is the same', async () => {
    await writeFile(join(cache, 'boats.rda'), second)
    expect((await fetchEntry(debianEntry, { cache, folder: cache })).card.version).toBe('2.0-1')
  })

  it('names what is missing, and where', async () => {
    await expect(fetchEntry(npmEntry, { cache, folder: cache })).rejects.toThrow(
      /lake .*expected data\/a\.txt, files like .* in .*got none of these names[^]*--data DIR/,
    )
    await expect(fetchEntry(npmEntry, { cache, folder: join(cache, 'no') })).rejects.toThrow(
      /which does not exist \(looked at .*no\)/,
    )
  })
})
