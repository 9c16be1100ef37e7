import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safetensorsTypes, viewAs } from './element-type.js'
import { byteLengthOf } from './header.js'
import { decodeSafetensors, type HostTensor } from './reader.js'
import { encodeSafetensors, SafetensorsWriter, type ByteSink } from './writer.js'

function recordingSink(): ByteSink & { readonly calls: string[] } {
  const calls: string[] = []
  const note = (call: string): Promise<void> => Promise.resolve(void calls.push(call))
  return {
    name: 'out.safetensors',
    calls,
    write: (bytes, position) => note(`write ${bytes.byteLength} at ${position}`),
    finish: () => note('finish'),
    abort: () => note('abort'),
  }
}

const specs = { a: { dtype: 'F32', shape: [2] }, b: { dtype: 'U8', shape: [3] } } as const

describe('SafetensorsWriter', () => {
  test('writes the header, then tensors in any order at their places', async () => {
    const sink = recordingSink()
    const writer = await SafetensorsWriter.create(sink, specs)
    await writer.write('b', Uint8Array.of(1, 2, 3))
    await writer.write('a', Float32Array.of(1, 2))
    await writer.finish()
    const start = writer.size - 11
    expect(start % 8).toBe(0)
    expect(sink.calls).toEqual([`write ${start} at 0`, `write 3 at ${start + 8}`, `write 8 at ${start}`, 'finish'])
  })

  test('takes bytes for any type', async () => {
    const writer = await SafetensorsWriter.create(recordingSink(), specs)
    await writer.write('a', new Uint8Array(8))
  })

  test('refuses what was not announced, comes twice, has another type or size, or is missing', async () => {
    const sink = recordingSink()
    const writer = await SafetensorsWriter.create(sink, specs)
    await expect(writer.write('c', new Uint8Array(1))).rejects.toThrow(/out.safetensors: tensor "c" was not announced/)
    await expect(writer.write('a', new Float64Array(1))).rejects.toThrow(
      /expected Float32Array \(or bytes\) for F32, got Float64Array/,
    )
    await expect(writer.write('a', new Float32Array(3))).rejects.toThrow(
      /expected 8 bytes for F32 of shape \[2\], got 12/,
    )
    await writer.write('a', new Float32Array(2))
    await expect(writer.write('a', new Float32Array(2))).rejects.toThrow(/"a" was written before/)
    await expect(writer.finish()).rejects.toThrow(/1 of 2 tensors were not written: "b"/)
    expect(sink.calls).not.toContain('finish')
  })

  test.each([
    [{ __metadata__: { dtype: 'F32', shape: [] } }, /the format reserves it/],
    [{ a: { dtype: 'F31', shape: [] } }, /got "F31"/],
    [{ a: { dtype: 'F32', shape: [-1] } }, /non-negative integers/],
  ] as const)('refuses the specs %j and aborts', async (bad, message) => {
    const sink = recordingSink()
    await expect(SafetensorsWriter.create(sink, bad as unknown as Record<string, HostTensor>)).rejects.toThrow(message)
    expect(sink.calls).toEqual(['abort'])
  })

  test('refuses metadata that are not strings', async () => {
    await expect(encodeSafetensors({}, { step: 3 as unknown as string })).rejects.toThrow(/"step" is 3/)
  })
})

describe('encodeSafetensors', () => {
  test('what was written is read again, whatever names, types, shapes, bytes and metadata', async () => {
    const name = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((text) => text !== '__proto__' && text !== '__metadata__')
    const tensor = fc
      .record({
        dtype: fc.constantFrom(...safetensorsTypes),
        shape: fc.array(fc.nat(3), { maxLength: 4 }),
        seed: fc.nat(255),
      })
      .map(({ dtype, shape, seed }): HostTensor => {
        const bytes = new Uint8Array(byteLengthOf(dtype, shape)).map((_, i) => (seed * 31 + i * 7) % 256)
        return { dtype, shape, data: viewAs(dtype, bytes) }
      })
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, tensor, { noNullPrototype: true }),
        fc.dictionary(name, fc.string(), { noNullPrototype: true }),
        async (tensors, metadata) => {
          const bytes = await encodeSafetensors(tensors, metadata)
          const read = await decodeSafetensors(bytes)
          expect(read).toEqual({ tensors, metadata })
          expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0)
        },
      ),
      { numRuns: 200, seed: 5 },
    )
  })

  test('an empty file, and one with only metadata, can be read', async () => {
    expect(await decodeSafetensors(await encodeSafetensors({}))).toEqual({ tensors: {}, metadata: {} })
    expect((await decodeSafetensors(await encodeSafetensors({}, { a: 'ü"\n' }))).metadata).toEqual({ a: 'ü"\n' })
  })

  test('orders by type, wide first, then by name in code points', async () => {
    const bytes = { dtype: 'U8', shape: [1], data: new Uint8Array(1) } as const
    const names = ['b', 'a', '\uffff', '😀', 'wide']
    const tensors: Record<string, HostTensor> = Object.fromEntries(names.map((name) => [name, bytes]))
    tensors['wide'] = { dtype: 'F64', shape: [], data: new Float64Array(1) }
    const { tensors: read } = await decodeSafetensors(await encodeSafetensors(tensors))
    expect(Object.keys(read)).toEqual(['wide', 'a', 'b', '\uffff', '😀'])
  })
})
