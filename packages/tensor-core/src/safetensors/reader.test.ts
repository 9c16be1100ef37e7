import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LemanicError } from '../errors.js'
import { bfloat16ToFloat32, float16ToFloat32 } from './half-precision.js'
import { decodeSafetensors, memorySource, openSafetensors, type HostTensor } from './reader.js'
import { encodeSafetensors } from './writer.js'
import { safetensorsTypes } from './element-type.js'

const fixtures = join(import.meta.dirname, 'fixtures')
const load = async (file: string): Promise<Uint8Array> => new Uint8Array(await readFile(join(fixtures, file)))

/** A file from a header (text, or an object for JSON) and data. */
function fileOf(header: unknown, dataBytes: number, declaredLength?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  new DataView(bytes.buffer).setBigUint64(0, declaredLength ?? BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

describe('files of the Python library', () => {
  test('all types', async () => {
    const { tensors, metadata } = await decodeSafetensors(await load('all-types.safetensors'))
    expect(metadata).toEqual({ format: 'pt' })
    expect(Object.keys(tensors)).toHaveLength(safetensorsTypes.length + 3)
    const data = (name: string): number[] =>
      Array.from((tensors[name] as HostTensor).data as ArrayLike<number | bigint>, Number)
    const floats = [-1, -0.25, 0.5, 1.25, 2, 2.75]
    expect(data('layer.f64')).toEqual(floats)
    expect(data('layer.f32')).toEqual(floats)
    expect([...float16ToFloat32(tensors['layer.f16']?.data as Uint16Array)]).toEqual(floats)
    expect([...bfloat16ToFloat32(tensors['layer.bf16']?.data as Uint16Array)]).toEqual(floats)
    for (const type of ['i64', 'i32', 'i16', 'i8', 'u8', 'u16', 'u32', 'u64'])
      expect(data(`layer.${type}`)).toEqual([0, 3, 6, 9, 12, 15])
    expect(data('layer.bool')).toEqual([0, 1, 0, 1, 0, 1])
    expect(data('layer.f8_e4m3')).toEqual([0xb8, 0xa8, 0x30, 0x3a, 0x40, 0x43])
    expect(data('layer.f8_e5m2')).toEqual([0xbc, 0xb4, 0x38, 0x3d, 0x40, 0x42]) // 2.75 ties to the even 3
    expect(tensors['scalar']).toEqual({ dtype: 'F32', shape: [], data: Float32Array.of(2.5) })
    expect(tensors['empty']).toEqual({ dtype: 'F32', shape: [0, 4], data: new Float32Array(0) })
    expect(data('π "quoted"\n')).toEqual([0, 1, 2])
  })

  test.each(['all-types.safetensors', 'odd-bytes.safetensors'])('%s: our writer gives the same bytes', async (file) => {
    const bytes = await load(file)
    const { tensors, metadata } = await decodeSafetensors(bytes)
    const shuffled = Object.fromEntries(Object.entries(tensors).reverse())
    expect(await encodeSafetensors(shuffled, Object.keys(metadata).length > 0 ? metadata : undefined)).toEqual(bytes)
  })
})

describe('reading on demand', () => {
  test('touches the header and the tensor asked for, nothing else', async () => {
    const source = memorySource(await load('all-types.safetensors'))
    const ranges: [number, number][] = []
    const reader = await openSafetensors({
      ...source,
      read: (begin, end) => (ranges.push([begin, end]), source.read(begin, end)),
    })
    expect(ranges).toEqual([
      [0, 8],
      [8, reader.entry('layer.u64').begin + (ranges[1]?.[1] as number)],
    ])
    await reader.read('scalar')
    expect(ranges[2]).toEqual([
      (ranges[1]?.[1] as number) + reader.entry('scalar').begin,
      (ranges[1]?.[1] as number) + reader.entry('scalar').end,
    ])
    expect(ranges).toHaveLength(3)
  })

  test('reads byte ranges inside a tensor and refuses those outside', async () => {
    const reader = await openSafetensors(memorySource(await load('all-types.safetensors')))
    expect([...(await reader.readBytes('layer.u8', 1, 3))]).toEqual([3, 6])
    await expect(reader.readBytes('layer.u8', 4, 7)).rejects.toThrow(
      /tensor "layer.u8": expected a byte range inside 0 … 6, got 4 … 7/,
    )
    await expect(reader.readBytes('layer.u8', -1, 2)).rejects.toThrow(/byte range/)
  })

  test('an unknown name lists what there is', async () => {
    const reader = await openSafetensors(memorySource(await load('odd-bytes.safetensors'), 'odd'))
    expect(() => reader.entry('c')).toThrow(/odd: no tensor "c"; there are: b, a/)
  })

  test('tensors are copies: changing one changes no other', async () => {
    const bytes = await load('odd-bytes.safetensors')
    const { tensors } = await decodeSafetensors(bytes)
    ;(tensors['b']?.data as Float32Array).fill(9)
    expect((await decodeSafetensors(bytes)).tensors['b']?.data).toEqual(Float32Array.of(1, 1))
  })
})

const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }
const refusals: [string, Uint8Array, RegExp][] = [
  ['empty', new Uint8Array(0), /at least 8 bytes, got 0 bytes/],
  ['seven bytes', new Uint8Array(7), /at least 8 bytes, got 7/],
  [
    'a header length beyond the limit',
    fileOf({}, 0, 100_000_001n),
    /at most 100000000 bytes, its length field says 100000001/,
  ],
  ['a header length beyond 2⁵³', fileOf({}, 0, 2n ** 63n), /its length field says 9223372036854775808/],
  ['a truncated header', fileOf({ a: entry }, 0, 500n), /truncated: the header should take 500 bytes/],
  ['a header that is no object', fileOf('[1]', 0), /begin with "\{"/],
  ['broken JSON', fileOf('{"a": }', 0), /expected a header in JSON/],
  ['broken UTF-8', fileOf('{"a": 1}', 0).map((byte, i) => (i === 10 ? 0xff : byte)), /expected a header in UTF-8/],
  ['a name twice', fileOf(`{"a":${JSON.stringify(entry)},"a":${JSON.stringify(entry)}}`, 8), /"a" is there twice/],
  [
    'a name twice, once escaped',
    fileOf(`{"a":${JSON.stringify(entry)},"\\u0061":${JSON.stringify(entry)}}`, 8),
    /"a" is there twice/,
  ],
  [
    'a field twice',
    fileOf('{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8),
    /"dtype" is there twice/,
  ],
  ['truncated data', fileOf({ a: entry }, 7), /truncated: the header describes 8 bytes of data, the file has 7/],
  [
    'extra bytes',
    fileOf({ a: entry }, 9),
    /extra bytes at the end: the header describes 8 bytes of data, the file has 9/,
  ],
  [
    'overlapping tensors',
    fileOf({ a: entry, b: { ...entry, data_offsets: [4, 12] } }, 12),
    /"b" overlaps the tensor before it: expected its data to begin at byte 8, got 4/,
  ],
  ['two tensors at one place', fileOf({ a: entry, b: entry }, 8), /"b" overlaps/],
  [
    'a hole between tensors',
    fileOf({ a: entry, b: { ...entry, data_offsets: [12, 20] } }, 20),
    /"b" leaves a hole before it/,
  ],
  [
    'a hole at the start',
    fileOf({ a: { ...entry, data_offsets: [4, 12] } }, 12),
    /"a" leaves a hole before it: expected its data to begin at byte 0, got 4/,
  ],
  [
    'offsets beyond the file',
    fileOf({ a: { ...entry, shape: [1000], data_offsets: [0, 4000] } }, 8),
    /describes 4000 bytes of data, the file has 8/,
  ],
  [
    'offsets in the wrong order',
    fileOf({ a: { ...entry, data_offsets: [8, 0] } }, 8),
    /offsets in order, got \[8, 0\]/,
  ],
  [
    'negative offsets',
    fileOf({ a: { ...entry, data_offsets: [-8, 0] } }, 0),
    /data_offsets of two non-negative integers/,
  ],
  ['one offset', fileOf({ a: { ...entry, data_offsets: [8] } }, 8), /data_offsets of two/],
  [
    'a shape that does not match',
    fileOf({ a: { ...entry, shape: [3] } }, 8),
    /expected 12 bytes for F32 of shape \[3\], data_offsets \[0, 8\] give 8/,
  ],
  ['a negative dimension', fileOf({ a: { ...entry, shape: [-2] } }, 8), /shape of non-negative integers, got \[-2\]/],
  ['a fraction of a dimension', fileOf({ a: { ...entry, shape: [0.5] } }, 8), /shape of non-negative/],
  ['an enormous shape', fileOf({ a: { ...entry, shape: [2 ** 40, 2 ** 40] } }, 8), /too large/],
  ['an unknown type', fileOf({ a: { ...entry, dtype: 'F31' } }, 8), /expected a dtype of .*BF16.*; got "F31"/],
  ['a property of Object as type', fileOf({ a: { ...entry, dtype: 'constructor' } }, 8), /got "constructor"/],
  [
    'an unknown field',
    fileOf({ a: { ...entry, strides: [1] } }, 8),
    /only dtype, shape and data_offsets, got "strides"/,
  ],
  ['a tensor that is a number', fileOf({ a: 1 }, 0), /tensor "a": expected an object/],
  ['metadata that are not strings', fileOf({ __metadata__: { epoch: 3 } }, 0), /"epoch" is 3/],
  ['metadata that are a list', fileOf({ __metadata__: ['x'] }, 0), /object of strings/],
  [
    'a name that is __proto__',
    fileOf('{"__proto__":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', 8),
    /__proto__/,
  ],
]

describe('damaged files', () => {
  test.each(refusals)('%s', async (_, bytes, message) => {
    const error = await decodeSafetensors(bytes, 'weights.safetensors').catch((caught: unknown) => caught)
    expect(LemanicError.isInstance(error, 'invalid-safetensors')).toBe(true)
    expect((error as Error).message).toMatch(message)
    expect((error as Error).message).toMatch(/^weights\.safetensors: /)
  })

  test('every truncation and every changed header byte is refused or read as another valid file, never crashes', async () => {
    const bytes = await load('odd-bytes.safetensors')
    for (let length = 0; length < bytes.length; length += 1) {
      await expect(decodeSafetensors(bytes.subarray(0, length))).rejects.toSatisfy((error) =>
        LemanicError.isInstance(error, 'invalid-safetensors'),
      )
    }
    for (let at = 0; at < bytes.length - 11; at += 1) {
      for (const flip of [1, 8, 0x80]) {
        const damaged = bytes.slice()
        damaged[at] = (damaged[at] as number) ^ flip
        const outcome = await decodeSafetensors(damaged).catch((error: unknown) => error)
        expect(
          outcome instanceof Error
            ? LemanicError.isInstance(outcome, 'invalid-safetensors')
            : 'tensors' in (outcome as object),
        ).toBe(true)
      }
    }
  })

  test('the source is closed', async () => {
    let closed = 0
    const source = memorySource(new Uint8Array(3))
    await expect(openSafetensors({ ...source, close: () => Promise.resolve(void (closed += 1)) })).rejects.toThrow()
    expect(closed).toBe(1)
  })

  test('spaces after the header and misaligned data are fine', async () => {
    const { tensors } = await decodeSafetensors(
      fileOf(
        `${JSON.stringify({ b: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] }, a: { ...entry, data_offsets: [1, 9] } })}   `,
        9,
      ),
    )
    expect(tensors['a']).toEqual({ dtype: 'F32', shape: [2], data: new Float32Array(2) })
  })
})
