import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { defaultBackend, setDefaultBackend } from '../default-backend.js'
import { tensor, zeros } from '../operations/creation.js'
import { saveSafetensors } from '../safetensors/node-files.js'
import { paramsFromHost, paramsToHost } from './host.js'
import { disposeParams } from './lifetime.js'
import { loadParams, saveParams } from './node-files.js'
import type { Params } from './params.js'

let folder: string
beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lemanic-params-'))
})
afterEach(() => rm(folder, { recursive: true }))

const fixtures = join(import.meta.dirname, '..', 'safetensors', 'fixtures')
const mixed = (): Params => ({
  weight: tensor([
    [1, -2.5],
    [3, 1e-30],
  ]),
  ids: tensor([1, -2, 3], undefined, { dtype: 'int32' }),
  mask: tensor([true, false]),
  half: tensor(Uint16Array.of(0x3c00, 0x0001), [2], { dtype: 'float16' }),
  brain: tensor(Uint16Array.of(0x3f80), [1], { dtype: 'bfloat16' }),
})

describe('saveParams and loadParams', () => {
  test('keep values, shapes and dtypes', async () => {
    const params = mixed()
    await saveParams(join(folder, 'model.safetensors'), params, { metadata: { made: 'here' } })
    const loaded = await loadParams(folder)
    expect(await paramsToHost(loaded)).toEqual(await paramsToHost(params))
  })

  test('select and rename, through shards', async () => {
    await saveParams(join(folder, 'model.safetensors'), mixed(), { maximumShardBytes: 16 })
    const loaded = await loadParams(folder, {
      select: (name) => name !== 'ids',
      rename: (name) => `model.${name}`,
      dtype: 'float32',
    })
    expect(Object.keys(loaded).sort()).toEqual(['model.brain', 'model.half', 'model.mask', 'model.weight'])
    expect([...(loaded['model.half']?.dataSync() ?? [])]).toEqual([1, 2 ** -24])
    expect([...(loaded['model.brain']?.dataSync() ?? [])]).toEqual([1])
    await expect(loadParams(folder, { rename: () => 'same' })).rejects.toThrow(
      /two names of the file become "same", the second is/,
    )
  })

  test('reads files of the Python library: doubles become float32, integers int32', async () => {
    const loaded = await loadParams(join(fixtures, 'all-types.safetensors'), { select: (name) => !name.includes('f8') })
    for (const type of ['f64', 'f32'])
      expect([...(loaded[`layer.${type}`]?.dataSync() ?? [])]).toEqual([-1, -0.25, 0.5, 1.25, 2, 2.75])
    for (const type of ['i64', 'u64', 'i32', 'u32', 'i16', 'u16', 'i8', 'u8']) {
      expect(loaded[`layer.${type}`]?.dtype).toBe('int32')
      expect([...(loaded[`layer.${type}`]?.dataSync() ?? [])]).toEqual([0, 3, 6, 9, 12, 15])
    }
    expect(loaded['layer.bool']?.toArray()).toEqual([
      [false, true, false],
      [true, false, true],
    ])
    expect(loaded['scalar']?.shape).toEqual([])
    expect(loaded['empty']?.shape).toEqual([0, 4])
  })

  test('what does not fit is named and leaves nothing on the backend', async () => {
    const before = defaultBackend().memory().buffers
    await expect(loadParams(join(fixtures, 'all-types.safetensors'))).rejects.toThrow(
      /"layer.f8_e4m3" has type F8_E4M3, which tensors do not have/,
    )
    await saveSafetensors(join(folder, 'big.safetensors'), {
      a: { dtype: 'F32', shape: [1], data: Float32Array.of(1) },
      big: { dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 40n) },
    })
    await expect(loadParams(join(folder, 'big.safetensors'))).rejects.toThrow(
      /"big" holds 1099511627776, which does not fit int32/,
    )
    expect(defaultBackend().memory().buffers).toBe(before)
  })

  test('a chosen backend', async () => {
    const other = createCpuBackend()
    const params = paramsFromHost(await paramsToHost({ a: zeros([2]) }), { backend: other })
    expect(params['a']?.backend).toBe(other)
    expect(other.memory().buffers).toBe(1)
    disposeParams(params)
    expect(other.memory().buffers).toBe(0)
  })
})
