import type { Backend, FusedName, Handle, Kernel, Kernels, Operand, PrimitiveName, Spec } from '../../backend.js'
import { allocateArray, bytesPerElement, type DataArray } from '../../dtype.js'
import { argumentError, LemanicError, shapeError } from '../../errors.js'
import { formatShape, shapesEqual, sizeOf } from '../../shape.js'
import { createCpuBackend } from '../cpu/create-cpu-backend.js'
import { asFloat32 } from '../cpu/host-array.js'
import { createBindingOperators } from './binding-operators.js'
import type { DeviceKernel } from './device-kernel.js'
import { deviceKernels } from './device-kernels.js'
import { fusedKernels } from './fused.js'
import { createKernelOperators } from './kernel-operators.js'
import type { DeviceTensor, Operators } from './operators.js'
import { chooseKernels, kernelKey } from './probes.js'
import type { TfjsBackend, TfjsNamespace } from './tfjs-types.js'

export interface TensorFlowBackendOptions {
  /** A TensorFlow.js namespace with the engine in it: `import * as tf from '@tensorflow/tfjs-node'`, say. */
  readonly tf: TfjsNamespace
  /** Which of its backends. Default: the current one, `tf.getBackend()`. */
  readonly tfjsBackend?: string
}

type AnyKernel = Kernel<Readonly<Record<string, unknown>>>
type AnyDeviceKernel = DeviceKernel<Readonly<Record<string, unknown>>>

/** Where a buffer lives: in the engine's memory, or, for dtypes that it does not hold, on the host. */
export class TensorFlowBuffer {
  device: DeviceTensor | undefined
  host: DataArray | undefined
  readonly bytes: number

  constructor(place: { readonly device: DeviceTensor } | { readonly host: DataArray }, bytes: number) {
    this.device = 'device' in place ? place.device : undefined
    this.host = 'host' in place ? place.host : undefined
    this.bytes = bytes
  }
}

/** Products and tables take 16-bit storage; where the engine holds none, it is widened on the way in. */
const widening: ReadonlySet<string> = new Set(['matmul'])

/**
 * A backend on an engine of TensorFlow.js that is already loaded: tfjs-node's addon if the tfjs backend has one, else
 * the kernels of any tfjs backend whose memory can be read synchronously (`cpu`, `wasm`, `webgl`). tfjs's own state
 * (its current backend, its tensor count) is not touched.
 *
 * Making it asks every kernel questions whose answers are known: `describe().fallbacks` names the primitives that the
 * engine answers wrongly or not at all, which run on the host instead, as random numbers do on every engine.
 *
 * Throws `invalid-argument` when `tf` has no such backend.
 */
export function createTensorFlowBackend(options: TensorFlowBackendOptions): Backend {
  const { tf } = options
  const tfjsBackend = options.tfjsBackend ?? tf.getBackend()
  const engine = tfjsBackend ? (tf.findBackend(tfjsBackend) as TfjsBackend | null) : null
  if (engine == null) {
    throw argumentError(
      'createTensorFlowBackend',
      `this TensorFlow.js has no backend "${tfjsBackend || 'at all'}" that is ready`,
      { help: "await tf.setBackend('…') first, or name one that is registered in tfjsBackend" },
    )
  }
  const { binding } = engine
  const made: DeviceTensor[] = []
  const operators =
    binding === undefined ? createKernelOperators(tf, tfjsBackend, engine, made) : createBindingOperators(binding, made)
  const facts: Record<string, string | number | boolean> =
    binding === undefined
      ? { engine: `TensorFlow.js, ${tfjsBackend} backend` }
      : { engine: 'TensorFlow', version: binding.TF_Version, device: binding.isUsingGpuDevice() ? 'GPU' : 'CPU' }
  return onOperators(operators, made, facts)
}

function onOperators(
  operators: Operators,
  made: DeviceTensor[],
  facts: Readonly<Record<string, string | number | boolean>>,
): Backend {
  const cpu = createCpuBackend()
  const alive = { buffers: 0, bytes: 0, peakBytes: 0 }
  const broken = new Set<string>()

  function keep(place: { readonly device: DeviceTensor } | { readonly host: DataArray }, spec: Spec): TensorFlowBuffer {
    const buffer = new TensorFlowBuffer(place, sizeOf(spec.shape) * bytesPerElement[spec.dtype])
    alive.buffers++
    alive.bytes += buffer.bytes
    alive.peakBytes = Math.max(alive.peakBytes, alive.bytes)
    return buffer
  }

  function bufferOf(handle: Handle): TensorFlowBuffer {
    if (!(handle instanceof TensorFlowBuffer)) {
      throw argumentError('tensorflow backend', 'expected a buffer of its own, got one of another backend')
    }
    if (handle.device === undefined && handle.host === undefined) {
      throw new LemanicError('buffer-freed', 'tensorflow backend: this buffer was freed before')
    }
    return handle
  }

  /** Runs `compute` and releases every tensor it made but those it returns. */
  function tidy<Result>(compute: () => Result, kept: (result: Result) => readonly DeviceTensor[]): Result {
    made.length = 0
    let staying: readonly DeviceTensor[] = []
    try {
      const result = compute()
      staying = kept(result)
      return result
    } finally {
      const temporary = made.splice(0)
      for (const x of temporary) if (!staying.includes(x)) operators.release(x)
    }
  }

  /** The operand in the engine's memory under its present shape; undefined when its dtype is not held there. */
  function onDevice(operand: Operand, name: string): DeviceTensor | undefined {
    const { device, host } = bufferOf(operand.handle)
    if (device !== undefined)
      return shapesEqual(device.shape, operand.shape) ? device : operators.reshape(device, operand.shape)
    if (!widening.has(name)) return undefined
    return operators.create(asFloat32({ ...operand, values: host! }), { shape: operand.shape, dtype: 'float32' })
  }

  function runOnDevice(
    name: string,
    kernel: AnyDeviceKernel,
    inputs: readonly Operand[],
    attributes: Readonly<Record<string, unknown>>,
    outputs: readonly Spec[],
  ): Handle[] | undefined {
    const results = tidy(
      () => {
        const operands: DeviceTensor[] = []
        for (const input of inputs) {
          const operand = onDevice(input, name)
          if (operand === undefined) return undefined
          operands.push(operand)
        }
        const computed = kernel(operators, operands, attributes, outputs)
        // An engine may hand its input back, or one tensor twice: each buffer must be its own.
        return computed?.map((y, i) =>
          operands.includes(y) || computed.indexOf(y) < i ? operators.reshape(y, y.shape) : y,
        )
      },
      (tensors) => tensors ?? [],
    )
    return results?.map((device, i) => keep({ device }, outputs[i]!))
  }

  function onHost(
    name: PrimitiveName,
    inputs: readonly Operand[],
    attributes: Readonly<Record<string, unknown>>,
    outputs: readonly Spec[],
  ): Handle[] {
    const operands: Operand[] = []
    try {
      for (const { handle, shape, dtype } of inputs) {
        const spec = { shape, dtype }
        operands.push({ ...spec, handle: cpu.write(read(handle, spec), spec) })
      }
      const handles = (cpu.kernels[name] as AnyKernel)(operands, attributes, outputs)
      const results = outputs.map((spec, i) => write(cpu.read(handles[i]!, spec), spec))
      for (const handle of handles) cpu.free(handle)
      return results
    } finally {
      for (const { handle } of operands) cpu.free(handle)
    }
  }

  function write(values: DataArray, spec: Spec): Handle {
    const size = sizeOf(spec.shape)
    if (values.length !== size) {
      throw shapeError('write', `expected ${size} values for shape ${formatShape(spec.shape)}, got ${values.length}`)
    }
    if (!operators.stores.includes(spec.dtype)) return keep({ host: values.slice() }, spec)
    const copy = allocateArray(spec.dtype, size)
    copy.set(values)
    const device = tidy(
      () => operators.create(copy, spec),
      (x) => [x],
    )
    return keep({ device }, spec)
  }

  function read(handle: Handle, _spec: Spec): DataArray {
    const { device, host } = bufferOf(handle)
    return host === undefined ? operators.read(device!) : host.slice()
  }

  const chosen = chooseKernels(operators, deviceKernels, cpu, tidy)

  function primitive(name: PrimitiveName): AnyKernel {
    const kernels = chosen.kernels.get(name)
    return (inputs, attributes, outputs) => {
      const kernel = kernels?.get(kernelKey(name, inputs, outputs)) as AnyDeviceKernel | undefined
      // Engines differ in what they do with nothing: the host knows.
      const isEmpty = inputs.some(({ shape }) => shape.includes(0)) || outputs.some(({ shape }) => shape.includes(0))
      if (kernel === undefined || isEmpty) return onHost(name, inputs, attributes, outputs)
      let results: Handle[] | undefined
      let failed = false
      try {
        results = runOnDevice(name, kernel, inputs, attributes, outputs)
      } catch {
        failed = true // too many axes for a shader, an index outside: the host computes it, or says what is wrong
      }
      if (results !== undefined) return results
      const computed = onHost(name, inputs, attributes, outputs)
      if (failed) broken.add(name)
      return computed
    }
  }

  function fused(name: FusedName): AnyKernel {
    const kernel = fusedKernels[name] as AnyDeviceKernel
    return (inputs, attributes, outputs) => {
      if (outputs.every(({ shape }) => shape.includes(0))) {
        return outputs.map((spec) => write(allocateArray(spec.dtype, 0), spec))
      }
      return runOnDevice(name, kernel, inputs, attributes, outputs)!
    }
  }

  const names = Object.keys(cpu.kernels) as PrimitiveName[]
  const kernels = Object.fromEntries([
    ...names.map((name) => [name, primitive(name)]),
    ...(Object.keys(fusedKernels) as FusedName[]).map((name) => [name, fused(name)]),
  ]) as unknown as Kernels

  return {
    name: 'tensorflow',
    kernels,
    write,
    read,
    ...(operators.readAsync === undefined
      ? {}
      : {
          async readAsync(handle: Handle): Promise<DataArray> {
            const { device, host } = bufferOf(handle)
            return host === undefined ? operators.readAsync!(device!) : host.slice()
          },
        }),
    free(handle) {
      const buffer = bufferOf(handle)
      if (buffer.device !== undefined) operators.release(buffer.device)
      buffer.device = undefined
      buffer.host = undefined
      alive.buffers--
      alive.bytes -= buffer.bytes
    },
    memory: () => ({ ...alive }),
    resetPeak() {
      alive.peakBytes = alive.bytes
    },
    describe: () => ({ ...facts, fallbacks: [...new Set([...chosen.fallbacks, ...broken])].join(' ') }),
    dispose: () => operators.dispose(),
  }
}
