import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { callKernel } from '../../testing/call-kernel.js'
import { hostValues, normal } from '../../testing/host-values.js'
import { createCpuBackend } from '../cpu/create-cpu-backend.js'
import { createTensorFlowBackend } from './create-tensorflow-backend.js'
import type { TfjsKernelCall, TfjsKernelConfig, TfjsNamespace, TfjsTensorInfo } from './tfjs-types.js'

beforeAll(async () => {
  tf.enableProdMode()
  await tf.setBackend('cpu')
})

const spec = { shape: [2, 2], dtype: 'float32' } as const

/** The cpu backend of tfjs with some kernels of ours in place of its own. */
function sabotaged(
  kernels: Record<
    string,
    (own: TfjsKernelConfig['kernelFunc'], call: TfjsKernelCall) => TfjsTensorInfo | TfjsTensorInfo[]
  >,
): TfjsNamespace {
  return {
    getBackend: () => tf.getBackend(),
    findBackend: (name) => tf.findBackend(name),
    getKernel(name, backend) {
      const own = tf.getKernel(name, backend) as unknown as TfjsKernelConfig
      const other = kernels[name]
      return other === undefined ? own : { kernelFunc: (call: TfjsKernelCall) => other(own.kernelFunc, call) }
    },
  }
}

const fallbacksOf = (namespace: TfjsNamespace): string[] =>
  String(createTensorFlowBackend({ tf: namespace }).describe().fallbacks).split(' ')

describe('createTensorFlowBackend', () => {
  it('copies in and out, counts buffers, bytes and the peak, and frees exactly', () => {
    const backend = createTensorFlowBackend({ tf })
    const before = tf.backend().numDataIds()
    const values = Float32Array.of(1, 2, 3, 4)
    const a = backend.write(values, spec)
    values[0] = 9
    expect([...backend.read(a, spec)]).toEqual([1, 2, 3, 4])
    const [b] = backend.kernels.add(
      [
        { ...spec, handle: a },
        { ...spec, handle: a },
      ],
      {},
      [spec],
    )
    expect(backend.memory()).toEqual({ buffers: 2, bytes: 32, peakBytes: 32 })
    expect(tf.backend().numDataIds()).toBe(before + 2)
    backend.free(a)
    backend.free(b!)
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0, peakBytes: 32 })
    expect(tf.backend().numDataIds()).toBe(before)
    backend.resetPeak()
    expect(backend.memory().peakBytes).toBe(0)
  })

  it('refuses freed and foreign buffers, and values that do not fill the shape', () => {
    const backend = createTensorFlowBackend({ tf })
    const handle = backend.write(new Float32Array(4), spec)
    backend.free(handle)
    expect(() => backend.read(handle, spec)).toThrow(/freed/)
    expect(() => backend.free(handle)).toThrow(/freed/)
    expect(() => backend.read(7, spec)).toThrow(/another backend/)
    expect(() => backend.write(new Float32Array(3), spec)).toThrow(/expected 4 values for shape \[2, 2\], got 3/)
  })

  it('keeps 16-bit values on the host where the engine has none, and multiplies by them', () => {
    const backend = createTensorFlowBackend({ tf })
    const weight = hostValues([2, 2], [0x3f80, 0x4000, 0x4040, 0x4080], 'bfloat16') // 1 2 3 4
    const x = hostValues([2, 2], [1, 1, 1, -1])
    const [y] = callKernel(backend, 'matmul', [x, weight], { transposeA: false, transposeB: false }, [spec])
    expect([...y!.values]).toEqual([4, 6, -2, -2])
    expect(backend.memory().buffers).toBe(0)
  })

  it('leaves tfjs as it is: its backend, its tensors, its tape', () => {
    const [name, { numTensors, numDataBuffers }] = [tf.getBackend(), tf.memory()]
    const backend = createTensorFlowBackend({ tf })
    const handle = tf.tidy(() => backend.write(new Float32Array(4).fill(1), spec) as never) as object
    const [sum] = tf.tidy(
      () =>
        backend.kernels.add(
          [
            { ...spec, handle },
            { ...spec, handle },
          ],
          {},
          [spec],
        ) as never,
    ) as object[]
    expect([...backend.read(sum!, spec)]).toEqual([2, 2, 2, 2]) // tidy did not take it
    expect([tf.getBackend(), tf.memory().numTensors, tf.memory().numDataBuffers]).toEqual([
      name,
      numTensors,
      numDataBuffers,
    ])
    backend.free(handle)
    backend.free(sum!)
    const [y] = tf.tidy(
      () => [callKernel(backend, 'abs', [hostValues([2, 2], [-1, 2, -3, 4])], {}, [spec])] as never,
    ) as never[]
    expect([...(y![0] as { values: Float32Array }).values]).toEqual([1, 2, 3, 4])
    expect(tf.memory().numTensors).toBe(numTensors)
  })

  it('names what it was given when there is no such backend', () => {
    expect(() => createTensorFlowBackend({ tf, tfjsBackend: 'webgl' })).toThrow(
      /no backend "webgl" that is ready[\s\S]*help: await tf\.setBackend/,
    )
  })
})

describe('what the engine answers wrongly runs on the host', () => {
  it('names the primitives of this tfjs', () => {
    const fallbacks = fallbacksOf(tf)
    expect(fallbacks).toContain('randomNormal')
    expect(fallbacks).toContain('multiply:int32') // tfjs multiplies in float64 and loses low bits
    expect(fallbacks).toContain('divide:int32')
    expect(fallbacks).not.toContain('matmul')
    expect(fallbacks).not.toContain('add')
  })

  it('finds a kernel that is wrong for NaN only, and computes rightly all the same', () => {
    const zeroOfNaN = sabotaged({
      Tanh(own, call) {
        const y = own(call) as TfjsTensorInfo
        const values = call.backend.readSync(y.dataId) as Float32Array
        values.forEach((value, i) => (values[i] = Number.isNaN(value) ? 0 : value))
        return y
      },
    })
    expect(fallbacksOf(zeroOfNaN)).toContain('tanh')
    const backend = createTensorFlowBackend({ tf: zeroOfNaN })
    const x = hostValues([2, 2], [NaN, 0, 0, 0])
    const [y] = callKernel(backend, 'tanh', [x], {}, [spec])
    expect(y!.values[0]).toBeNaN()
  })

  it('takes the repaired form where there is one, and then needs no host', () => {
    const ignoresNaN = sabotaged({
      Maximum(_, { inputs, backend }) {
        const { a, b } = inputs as Record<'a' | 'b', TfjsTensorInfo>
        const own = tf.getKernel('Maximum', 'cpu') as unknown as TfjsKernelConfig
        const zero = (x: TfjsTensorInfo): TfjsTensorInfo => {
          const values = (backend.readSync(x.dataId) as Float32Array).map((value) =>
            Number.isNaN(value) ? -Infinity : value,
          )
          return { ...x, dataId: backend.write(values, [...x.shape], x.dtype) }
        }
        return own.kernelFunc({ inputs: { a: zero(a), b: zero(b) }, backend, attrs: {} })
      },
    })
    expect(fallbacksOf(ignoresNaN)).not.toContain('maximum:float32')
    const backend = createTensorFlowBackend({ tf: ignoresNaN })
    const [y] = callKernel(backend, 'maximum', [hostValues([2, 2], [NaN, 1, 2, 3]), hostValues([], [2])], {}, [spec])
    expect([...y!.values]).toEqual([NaN, 2, 2, 3])
  })

  it('finds a product that is wrong in its transposed form only', () => {
    const careless = sabotaged({
      BatchMatMul: (own, call) => own({ ...call, attrs: { ...(call.attrs as object), transposeB: false } }),
    })
    expect(fallbacksOf(careless)).toContain('matmul')
  })

  it('goes on where a kernel is missing or throws later, and says so', () => {
    let healthy = true
    const fails = sabotaged({
      Exp(own, call) {
        if (!healthy) throw new Error('shader did not compile')
        return own(call)
      },
    })
    const backend = createTensorFlowBackend({ tf: fails })
    expect(String(backend.describe().fallbacks)).not.toMatch(/\bexp\b/)
    healthy = false
    const [y] = callKernel(backend, 'exp', [hostValues([2, 2], [0, 0, 0, 0])], {}, [spec])
    expect([...y!.values]).toEqual([1, 1, 1, 1])
    expect(String(backend.describe().fallbacks)).toMatch(/\bexp\b/)
    expect(backend.memory().buffers).toBe(0)
  })

  it('reports an index outside in the words of the cpu backend', () => {
    const backend = createTensorFlowBackend({ tf })
    const call = (engine: typeof backend): unknown =>
      callKernel(engine, 'gather', [normal([3]), hostValues([1], [5], 'int32')], { axis: 0 }, [
        { shape: [1], dtype: 'float32' },
      ])
    expect(() => call(backend)).toThrow(/index 5 \(position 0/)
    expect(() => call(createCpuBackend())).toThrow(/index 5 \(position 0/)
    expect(String(backend.describe().fallbacks)).not.toMatch(/\bgather\b(?!:)/) // the user's mistake, not the engine's
    expect(backend.memory().buffers).toBe(0)
  })
})
