import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  atomicFileSink,
  fileSource,
  loadSafetensors,
  openSafetensorsFile,
  saveSafetensors,
  writeFileAtomically,
} from './node-files.js'
import type { HostTensor } from './reader.js'
import { SafetensorsWriter } from './writer.js'

const fixtures = join(import.meta.dirname, 'fixtures')
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lemanic-safetensors-'))
})
afterEach(() => rm(folder, { recursive: true }))

const floats = (value: number, size: number): HostTensor => ({
  dtype: 'F32',
  shape: [size],
  data: new Float32Array(size).fill(value),
})

describe('files', () => {
  test('save and load', async () => {
    const path = join(folder, 'deep', 'model.safetensors')
    expect(await saveSafetensors(path, { a: floats(1, 3), b: floats(2, 2) }, { metadata: { step: '7' } })).toEqual([
      path,
    ])
    expect(await loadSafetensors(path)).toEqual({
      tensors: { a: floats(1, 3), b: floats(2, 2) },
      metadata: { step: '7' },
    })
    expect(await readdir(join(folder, 'deep'))).toEqual(['model.safetensors'])
  })

  test('a failed write leaves the old file and nothing else', async () => {
    const path = join(folder, 'model.safetensors')
    await saveSafetensors(path, { a: floats(1, 3) })
    const wrong = { ...floats(2, 3), shape: [4] }
    await expect(saveSafetensors(path, { b: floats(1, 1), a: wrong })).rejects.toThrow(/tensor "a": expected 16 bytes/)
    expect((await loadSafetensors(path)).tensors).toEqual({ a: floats(1, 3) })
    expect(await readdir(folder)).toEqual(['model.safetensors'])
  })

  test('an unfinished writer is invisible under the name, and abort removes its traces', async () => {
    const path = join(folder, 'model.safetensors')
    const writer = await SafetensorsWriter.create(await atomicFileSink(path), { a: { dtype: 'U8', shape: [1] } })
    expect(await readdir(folder)).not.toContain('model.safetensors')
    await writer.abort()
    expect(await readdir(folder)).toEqual([])
  })

  test('writeFileAtomically replaces', async () => {
    const path = join(folder, 'state.json')
    await writeFileAtomically(path, 'one and more')
    await writeFileAtomically(path, 'two')
    expect(await readFile(path, 'utf8')).toBe('two')
  })

  test('a missing file, a folder and a file that shrinks are named', async () => {
    await expect(openSafetensorsFile(join(folder, 'none.safetensors'))).rejects.toThrow(
      /none\.safetensors: cannot be read \(ENOENT/,
    )
    await expect(openSafetensorsFile(folder)).rejects.toThrow(
      /expected model.safetensors or model.safetensors.index.json in this folder/,
    )
    await expect(saveSafetensors(join(folder, 'x.bin'), {})).rejects.toThrow(/ends in .safetensors/)
    await writeFile(join(folder, 'short'), 'abc')
    const source = await fileSource(join(folder, 'short'))
    await expect(source.read(1, 9)).rejects.toThrow(
      /truncated while reading: expected bytes up to 9, the file ends at 3/,
    )
    await source.close()
  })
})

describe('shards', () => {
  test('reads what huggingface_hub wrote, through the index and through the folder', async () => {
    for (const path of [join(fixtures, 'sharded'), join(fixtures, 'sharded', 'model.safetensors.index.json')]) {
      const { tensors } = await loadSafetensors(path)
      expect(Object.keys(tensors).sort()).toEqual([0, 1, 2, 3, 4].map((i) => `blocks.${i}.weight`))
      for (let i = 0; i < 5; i += 1)
        expect(tensors[`blocks.${i}.weight`]).toEqual({
          dtype: 'F32',
          shape: [4, 5],
          data: new Float32Array(20).fill(i),
        })
    }
  })

  test('writes the same distribution and index', async () => {
    const { tensors } = await loadSafetensors(join(fixtures, 'sharded'))
    const ordered = Object.fromEntries(Object.entries(tensors).sort(([a], [b]) => (a < b ? -1 : 1)))
    await saveSafetensors(join(folder, 'model.safetensors'), ordered, {
      maximumShardBytes: 170,
      metadata: { format: 'pt' },
    })
    const names = (await readdir(join(fixtures, 'sharded'))).sort()
    expect((await readdir(folder)).sort()).toEqual(names)
    for (const name of names) {
      const [ours, theirs] = await Promise.all(
        [folder, join(fixtures, 'sharded')].map((place) => readFile(join(place, name))),
      )
      if (!name.endsWith('.json')) expect(ours).toEqual(theirs)
      else {
        const map = (text: Buffer | undefined): unknown =>
          (JSON.parse(String(text)) as { weight_map: unknown }).weight_map
        expect(map(ours)).toEqual(map(theirs))
      }
    }
  })

  test('a tensor larger than the limit has its own file; each form of save replaces the other', async () => {
    const path = join(folder, 'model.safetensors')
    const tensors = { big: floats(1, 100), a: floats(2, 2), b: floats(3, 2) }
    await saveSafetensors(path, tensors)
    expect(await saveSafetensors(path, tensors, { maximumShardBytes: 16 })).toHaveLength(3)
    expect((await loadSafetensors(folder)).tensors).toEqual(tensors)
    await saveSafetensors(path, { a: floats(9, 2) })
    expect((await loadSafetensors(folder)).tensors).toEqual({ a: floats(9, 2) })
  })

  test('damaged indexes and shards are refused before any data are read', async () => {
    const index = join(folder, 'model.safetensors.index.json')
    await saveSafetensors(
      join(folder, 'model.safetensors'),
      { a: floats(1, 2), b: floats(2, 2) },
      { maximumShardBytes: 8 },
    )
    const good = await readFile(index, 'utf8')
    for (const [text, message] of [
      ['{', /expected an index in JSON/],
      ['{}', /expected "weight_map"/],
      [good.replace('"b":', '"a":'), /"a" is there twice/],
      [good.replace('model-00001', '../model-00001'), /name of a file beside the index, got "\.\.\/model/],
      [
        good.replace('"b":', '"c":'),
        /the index says that tensor "c" is in model-00002-of-00002.safetensors, but it is not there/,
      ],
      [good.replace('00002-of', '00009-of'), /model-00009-of-00002.safetensors: cannot be read/],
    ] as const) {
      await writeFile(index, text)
      await expect(openSafetensorsFile(index)).rejects.toThrow(message)
    }
    await writeFile(index, good)
    const shard = join(folder, 'model-00002-of-00002.safetensors')
    await writeFile(shard, (await readFile(shard)).subarray(0, -1))
    await expect(openSafetensorsFile(folder)).rejects.toThrow(/00002-of-00002\.safetensors: truncated/)
  })

  test('a folder with both forms asks which is meant', async () => {
    await saveSafetensors(join(folder, 'model.safetensors'), { a: floats(1, 1) })
    await writeFile(join(folder, 'model.safetensors.index.json'), '{}')
    await expect(openSafetensorsFile(folder)).rejects.toThrow(/holds both/)
  })
})
