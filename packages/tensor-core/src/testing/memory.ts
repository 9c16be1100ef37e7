import type { Backend } from '../backend.js'
import { add, tensor } from '../operations/index.js'
import { scope } from '../scope.js'
import { expectClose, exact, fail } from './compare.js'
import type { Check } from './conformance.js'
import { hostValues, normal, stored } from './host-values.js'

function expectEqual(what: string, actual: number, expected: number): void {
  if (actual !== expected) fail(`${what}: expected ${expected}, got ${actual}`)
}

async function readBack(
  backend: Backend,
  handle: object | number,
  spec: { shape: readonly number[]; dtype: 'float32' },
): Promise<Float32Array> {
  const values = backend.readAsync === undefined ? backend.read(handle, spec) : await backend.readAsync(handle, spec)
  return values as Float32Array
}

/** Copies in and out of every dtype and size, and the counts of buffers and bytes. */
export function memoryChecks(backend: Backend): Check[] {
  const check = (name: string, run: () => Promise<void>): Check => ({ name, operation: undefined, run })
  return [
    check('writes and reads every dtype, also nothing and a scalar', async () => {
      const before = backend.memory()
      const arrays = (['float32', 'int32', 'bool', 'bfloat16', 'float16'] as const).flatMap((dtype) =>
        ([[], [0], [1], [3, 0], [5, 7], [4099]] as const).map((shape) => stored(shape, dtype, 3)),
      )
      for (const array of arrays) {
        const handle = backend.write(array.values, array)
        const values =
          backend.readAsync === undefined ? backend.read(handle, array) : await backend.readAsync(handle, array)
        expectClose([{ ...array, values }], [array], exact)
        backend.free(handle)
      }
      expectEqual('buffers', backend.memory().buffers, before.buffers)
      expectEqual('bytes', backend.memory().bytes, before.bytes)
    }),
    check('keeps NaN, infinities and −0', async () => {
      const array = hostValues([5], [NaN, Infinity, -Infinity, -0, 2 ** -126])
      const handle = backend.write(array.values, array)
      const values = await readBack(backend, handle, { shape: [5], dtype: 'float32' })
      backend.free(handle)
      expectClose([{ ...array, values }], [array], exact)
    }),
    check('copies: neither the source nor what was read shares memory with a buffer', async () => {
      const source = normal([9])
      const expected = source.values.slice()
      const spec = { shape: [9], dtype: 'float32' } as const
      const handle = backend.write(source.values, spec)
      source.values.fill(0)
      ;(await readBack(backend, handle, spec)).fill(0)
      const values = await readBack(backend, handle, spec)
      backend.free(handle)
      expectClose([{ ...spec, values }], [{ ...spec, values: expected }], exact)
    }),
    check('counts live buffers and bytes, and their peak', async () => {
      const before = backend.memory()
      backend.resetPeak()
      const handles = Array.from({ length: 10 }, () =>
        backend.write(new Float32Array(1000), { shape: [1000], dtype: 'float32' }),
      )
      const during = backend.memory()
      expectEqual('buffers', during.buffers - before.buffers, 10)
      if (during.bytes - before.bytes < 40000)
        fail(`10 buffers of 4000 bytes count ${during.bytes - before.bytes} bytes`)
      for (const handle of handles) backend.free(handle)
      const after = backend.memory()
      expectEqual('buffers after', after.buffers, before.buffers)
      expectEqual('bytes after', after.bytes, before.bytes)
      if (after.peakBytes < during.bytes) fail(`the peak is ${after.peakBytes} bytes, but ${during.bytes} were alive`)
      backend.resetPeak()
      expectEqual('peak after resetPeak', backend.memory().peakBytes, after.bytes)
    }),
    check('does not change the inputs of a kernel', async () => {
      const x = normal([4, 33])
      const spec = { shape: [4, 33], dtype: 'float32' } as const
      const results = scope(() => {
        const a = tensor(x.values, x.shape, { backend })
        const sum = add(a, a)
        return [a, add(sum, sum)]
      })
      const values = (await results[0]!.data()) as Float32Array
      for (const result of results) result.dispose()
      expectClose([{ ...spec, values }], [x], exact)
    }),
    check('survives thousands of short-lived buffers of changing size', async () => {
      const before = backend.memory()
      for (let i = 0; i < 5000; i++) {
        const size = (i * 37) % 1009
        backend.free(backend.write(new Float32Array(size), { shape: [size], dtype: 'float32' }))
      }
      expectEqual('buffers', backend.memory().buffers, before.buffers)
      expectEqual('bytes', backend.memory().bytes, before.bytes)
    }),
  ]
}
