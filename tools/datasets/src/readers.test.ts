import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { DatasetError } from './dataset-error.js'
import type { FetchedDataSet } from './fetched-data-set.js'
import { readImageSet } from './image-set.js'
import { bytesOf, fileCountOf } from './data-set.js'
import { manifest } from './manifest.js'
import { readIdx } from './read-idx.js'
import { readTar } from './read-tar.js'
import { runCommand } from './run-command.js'
import { writeTar } from './test-support.js'

const idx = (type: number, shape: number[], data: Buffer): Buffer => {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.set([0, 0, type, shape.length])
  shape.forEach((size, index) => header.writeUInt32BE(size, 4 + 4 * index))
  return Buffer.concat([header, data])
}

describe('readIdx', () => {
  it('reads every type, gzipped or not', () => {
    const bytes = idx(0x08, [2, 3], Buffer.from([1, 2, 3, 4, 5, 255]))
    expect(readIdx(bytes)).toEqual({ shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 255) })
    expect(readIdx(gzipSync(bytes))).toEqual(readIdx(bytes))
    expect(readIdx(idx(0x09, [2], Buffer.from([255, 1]))).data).toEqual(Int8Array.of(-1, 1))
    expect(readIdx(idx(0x0b, [2], Buffer.from('fffe0100', 'hex'))).data).toEqual(Int16Array.of(-2, 256))
    expect(readIdx(idx(0x0c, [1], Buffer.from('fffffffe', 'hex'))).data).toEqual(Int32Array.of(-2))
    expect(readIdx(idx(0x0d, [1], Buffer.from('3f800000', 'hex'))).data).toEqual(Float32Array.of(1))
    expect(readIdx(idx(0x0e, [1], Buffer.from('bff0000000000000', 'hex'))).data).toEqual(Float64Array.of(-1))
  })

  it('reads where a larger buffer holds the file', () => {
    const file = idx(0x0b, [2], Buffer.from('00010002', 'hex'))
    const inside = Buffer.concat([Buffer.from('x'), file]).subarray(1)
    expect(readIdx(inside).data).toEqual(Int16Array.of(1, 2))
  })

  it('refuses other files', () => {
    expect(() => readIdx(Buffer.from('hello'), 'a')).toThrow(/a: expected an IDX header .* got 68656c6c and 5 bytes/)
    expect(() => readIdx(Buffer.alloc(0))).toThrow(DatasetError)
    expect(() => readIdx(idx(0x07, [1], Buffer.alloc(1)))).toThrow(/IDX header/)
    expect(() => readIdx(idx(0x08, [2, 3], Buffer.alloc(5)), 'b')).toThrow(
      /b: expected 6 bytes for shape \[2, 3\], got 5/,
    )
    expect(() => readIdx(Buffer.from([0x1f, 0x8b, 8, 0]))).toThrow(/expected gzip data/)
  })
})

describe('readImageSet', () => {
  const dataSet = (files: Record<string, Buffer>): FetchedDataSet => ({
    name: 'digits',
    card: { name: '', version: '', licence: '', bytes: 0, url: '', note: '' },
    from: 'cache',
    files: Object.keys(files),
    path: (file) => file,
    read: async (file) => files[file]!,
  })
  const images = (count: number): Buffer => idx(0x08, [count, 2, 3], Buffer.alloc(count * 6, 7))
  const labels = (count: number): Buffer => idx(0x08, [count], Buffer.alloc(count, 1))

  it('reads pictures with their labels', async () => {
    const { train, test } = await readImageSet(
      dataSet({
        'data/train-images-idx3-ubyte': images(4),
        'data/train-labels-idx1-ubyte': labels(4),
        't10k-images-idx3-ubyte.gz': gzipSync(images(2)),
        't10k-labels-idx1-ubyte.gz': gzipSync(labels(2)),
      }),
    )
    expect(train).toMatchObject({ count: 4, height: 2, width: 3, labels: Uint8Array.of(1, 1, 1, 1) })
    expect(train.pixels).toHaveLength(24)
    expect(test.count).toBe(2)
  })

  it('refuses pictures without their labels', async () => {
    const files = {
      'train-images': images(4),
      'train-labels': labels(3),
      't10k-images': images(1),
      't10k-labels': labels(1),
    }
    await expect(readImageSet(dataSet(files))).rejects.toThrow(
      /got \[4, 2, 3\] in train-images and \[3\] in train-labels/,
    )
  })
})

describe('readTar', () => {
  it('reads the files that are wanted', () => {
    const archive = writeTar({ 'package/a.txt': 'one', './b.bin': Buffer.alloc(1000, 3), 'c.txt': '' })
    const files = [...readTar(archive, (path) => path !== 'c.txt')]
    expect(files.map(({ path, content }) => [path, content.length])).toEqual([
      ['package/a.txt', 3],
      ['b.bin', 1000],
    ])
    expect([...readTar(archive, () => true)]).toHaveLength(3)
  })

  it('reads long names of pax and GNU', () => {
    const long = `${'long/'.repeat(40)}name.txt`
    const record = ` path=${long}\n`
    const length = record.length + 3
    const pax = writeTar({ 'PaxHeader/x': `${length}${record}`, short: 'content' })
    pax[156] = 'x'.charCodeAt(0)
    const gnu = writeTar({ '././@LongLink': `${long}\0`, short: 'content' })
    gnu[156] = 'L'.charCodeAt(0)
    for (const archive of [pax, gnu]) {
      repairChecksum(archive)
      expect([...readTar(archive, () => true)].map(({ path }) => path)).toEqual([long])
    }
  })

  it('refuses damaged archives and paths that lead out', () => {
    const archive = writeTar({ 'a.txt': 'x'.repeat(600) })
    expect(() => [...readTar(archive.subarray(0, 700), () => true)]).toThrow(/expected 600 bytes at 512, got 188/)
    const damaged = Buffer.from(archive)
    damaged[3]! ^= 1
    expect(() => [...readTar(damaged, () => true)]).toThrow(/checksum/)
    for (const path of ['../x', '/etc/x', 'a/../../x', 'a\\x']) {
      expect(() => [...readTar(writeTar({ [path]: 'x' }), () => true)]).toThrow(/paths inside the archive/)
    }
  })

  const repairChecksum = (archive: Buffer): void => {
    archive.write('        ', 148)
    archive.write(
      `${archive
        .subarray(0, 512)
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
  }
})

describe('manifest', () => {
  it('pins every data set: version, content, licence', () => {
    expect(new Set(manifest.map(({ name }) => name)).size).toBe(manifest.length)
    for (const entry of manifest) {
      expect(entry.licence, entry.name).not.toBe('')
      expect(entry.source.version, entry.name).toMatch(/^\d/)
      expect(fileCountOf(entry), entry.name).toBeGreaterThan(0)
      expect(bytesOf(entry), entry.name).toBeGreaterThan(1000)
      if (entry.source.kind === 'npm')
        expect(Buffer.from(entry.source.integrity.replace(/^sha512-/, ''), 'base64'), entry.name).toHaveLength(64)
      else expect(entry.pattern, entry.name).toBeUndefined() // each file is pinned by itself
      for (const { sha256, path } of entry.files) expect(sha256, `${entry.name} ${path}`).toMatch(/^[0-9a-f]{64}$/)
    }
  })
})

describe('runCommand', () => {
  it('passes input, output and the exit code on', async () => {
    const script =
      'process.stdin.on("data", (part) => process.stdout.write(part.toString().toUpperCase())); process.stdin.on("end", () => { process.stderr.write("note"); process.exitCode = 3 })'
    const result = await runCommand(process.execPath, ['-e', script], { input: Buffer.from('abc') })
    expect({ ...result, stdout: result.stdout.toString() }).toEqual({ code: 3, stdout: 'ABC', stderr: 'note' })
  })

  it('names a program that is not there', async () => {
    await expect(runCommand('no-such-program-at-all', [])).rejects.toMatchObject({
      code: 'command-missing',
      message: expect.stringContaining('"no-such-program-at-all"') as string,
    })
  })
})
