import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadSafetensors } from '../safetensors/node-files.js'
import { checkpointFolder } from './checkpoint-folder.js'
import type { Checkpoint } from './checkpoint.js'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { setDefaultBackend } from '../default-backend.js'
import { disposeParams } from '../params/lifetime.js'
import { collect, optionsOf } from './test-training.js'
import { train } from './train.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lemanic-checkpoint-'))
})
afterEach(() => rm(folder, { recursive: true }))

function checkpointAt(step: number): Checkpoint {
  const floats = (value: number): Checkpoint['params'] => ({
    'a.weight': { dtype: 'F32', shape: [2], data: Float32Array.of(value, 1 / 3) },
  })
  return {
    step,
    key: [1, 2],
    params: floats(step),
    states: {
      optimizer: { json: [null, { count: 3 }], tensors: floats(-step) },
      sampler: { json: { epoch: step }, tensors: { order: { dtype: 'I32', shape: [1], data: Int32Array.of(step) } } },
      reducer: { json: null, tensors: {} },
    },
  }
}

const path = (step: number): string => join(folder, `step-${String(step).padStart(8, '0')}`)

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})

describe('a training that saves to a folder', () => {
  test('goes on after an abort, past a damaged checkpoint, as if uninterrupted', async () => {
    const whole = await collect(optionsOf({ steps: 9 }))
    const abort = new AbortController()
    for await (const event of train(
      optionsOf({ steps: 9, signal: abort.signal, checkpoint: { store: checkpointFolder(folder), every: 3 } }),
    )) {
      if (event.type === 'step-end' && event.step === 7) abort.abort()
      if (event.type === 'train-end') disposeParams(event.params)
    }
    await truncate(join(path(7), 'parameters.safetensors'), 100)
    const rest = await collect(optionsOf({ steps: 9, checkpoint: { store: checkpointFolder(folder) } }))
    expect(rest.events.slice(0, 2)).toMatchObject([
      { type: 'checkpoint-refused', path: path(7), message: expect.stringMatching(/\(truncated\)/) as string },
      { type: 'train-start', step: 6, resumedFrom: path(6) },
    ])
    expect(rest.losses).toEqual(whole.losses.slice(6))
    expect(rest.params).toEqual(whole.params)
    expect(Object.keys(rest.params)).toEqual(Object.keys(whole.params)) // files have an order of their own
  })
})

describe('checkpointFolder', () => {
  test('gives back what was saved, the newest first', async () => {
    const store = checkpointFolder(folder)
    expect(await store.load()).toEqual({ loaded: undefined, refused: [] })
    expect(await store.save(checkpointAt(9))).toBe(path(9))
    await store.save(checkpointAt(100))
    expect(await store.load()).toEqual({ loaded: { checkpoint: checkpointAt(100), path: path(100) }, refused: [] })
  })

  test('an earlier one on request', async () => {
    const store = checkpointFolder(folder)
    for (const step of [4, 8]) await store.save(checkpointAt(step))
    expect((await store.load(7)).loaded?.checkpoint.step).toBe(4)
    expect(await store.load(3)).toEqual({ loaded: undefined, refused: [] })
  })

  test('a folder that does not exist yet is an empty store, and is made', async () => {
    const store = checkpointFolder(join(folder, 'a', 'b'))
    expect((await store.load()).loaded).toBeUndefined()
    await store.save(checkpointAt(1))
    expect((await store.load()).loaded?.checkpoint.step).toBe(1)
  })

  test('keeps the last two, or as many as asked; nothing else is left', async () => {
    for (const step of [1, 2, 3]) await checkpointFolder(folder).save(checkpointAt(step))
    expect((await readdir(folder)).sort()).toEqual(['step-00000002', 'step-00000003'])
    await checkpointFolder(folder, { keep: 1 }).save(checkpointAt(4))
    expect(await readdir(folder)).toEqual(['step-00000004'])
    expect(() => checkpointFolder(folder, { keep: 0 })).toThrow(/keep: expected a whole number ≥ 1/)
  })

  test('a training started anew replaces what an earlier one left, step by step', async () => {
    for (const step of [2, 8, 9]) await checkpointFolder(folder, { keep: 3 }).save(checkpointAt(step))
    await checkpointFolder(folder, { keep: 3 }).save(checkpointAt(3))
    expect((await readdir(folder)).sort()).toEqual(['step-00000002', 'step-00000003'])
    const other = { ...checkpointAt(3), key: [7, 7] as const }
    await checkpointFolder(folder).save(other)
    expect((await checkpointFolder(folder).load()).loaded?.checkpoint).toEqual(other)
  })

  test('the parameters are an ordinary safetensors file', async () => {
    await checkpointFolder(folder).save(checkpointAt(5))
    expect((await loadSafetensors(join(path(5), 'parameters.safetensors'))).tensors).toEqual(checkpointAt(5).params)
  })

  test('a half-written checkpoint of a crash is not seen', async () => {
    await checkpointFolder(folder).save(checkpointAt(1))
    await writeFile(join(folder, '.step-00000002.77.tmp'), '')
    expect((await checkpointFolder(folder).load()).loaded?.checkpoint.step).toBe(1)
  })

  test.each([
    [
      'truncated parameters',
      async (): Promise<void> => truncate(join(path(2), 'parameters.safetensors'), 70),
      /parameters\.safetensors: expected \d+ bytes, got 70 \(truncated\)/,
    ],
    [
      'a flipped bit',
      async (): Promise<void> => {
        const file = join(path(2), 'state.safetensors')
        const bytes = await readFile(file)
        bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 1
        await writeFile(file, bytes)
      },
      /state\.safetensors: its content changed after it was saved/,
    ],
    [
      'a missing file',
      async (): Promise<void> => rm(join(path(2), 'state.safetensors')),
      /state\.safetensors: the file is missing/,
    ],
    [
      'a truncated manifest',
      async (): Promise<void> => truncate(join(path(2), 'checkpoint.json'), 20),
      /checkpoint\.json: expected JSON/,
    ],
    [
      'another format',
      async (): Promise<void> => writeFile(join(path(2), 'checkpoint.json'), '{"format":9}'),
      /expected format 1, got 9/,
    ],
    [
      'an incomplete manifest',
      async (): Promise<void> => writeFile(join(path(2), 'checkpoint.json'), '{"format":1,"step":2}'),
      /expected step, key, states and files/,
    ],
  ])('%s: refused with a message, and the one before is used; alone, an error', async (_, damage, message) => {
    const store = checkpointFolder(folder)
    for (const step of [1, 2]) await store.save(checkpointAt(step))
    await damage()
    const { loaded, refused } = await store.load()
    expect(loaded?.checkpoint).toEqual(checkpointAt(1))
    expect(refused).toEqual([{ path: path(2), message: expect.stringMatching(message) as string }])
    await rm(path(1), { recursive: true })
    await expect(store.load()).rejects.toThrow(message)
    await expect(store.load()).rejects.toThrow(/no checkpoint can be used/)
  })
})
