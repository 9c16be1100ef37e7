import { AttributeWords, type Engine, EngineError } from '@lemanic/tensor-native'
import type { Backend, Handle, Kernel, Kernels, Operand, Spec } from '../backend.js'
import { allocateArray, type DataArray } from '../dtype.js'
import { LemanicError } from '../errors.js'
import { sizeOf } from '../shape.js'
import { createCpuBackend } from './cpu/create-cpu-backend.js'
import { attributeEncoders } from './engine-attributes.js'

type AnyKernel = Kernel<Readonly<Record<string, unknown>>>
type AnyEncoder = (words: AttributeWords, attributes: Readonly<Record<string, unknown>>) => AttributeWords

/** The engine's error as this package's, with the same code and fields. */
function translated(error: unknown): unknown {
  if (!EngineError.isInstance(error)) return error
  return new LemanicError(error.code, error.message, { fields: error.fields, cause: error })
}

export interface EngineBackendOptions {
  readonly name: string
  readonly engine: Engine
  readonly describe: Readonly<Record<string, string | number | boolean>>
}

/**
 * A backend on an engine of tensor-native: each operation becomes one command. A primitive that the engine lacks runs
 * on the `cpu` backend's kernel with copies both ways; `describe().fallbacks` names those.
 */
export function createEngineBackend({ name, engine, describe }: EngineBackendOptions): Backend {
  const cpu = createCpuBackend()
  const kernels: Record<string, AnyKernel> = {}
  const fallbacks: string[] = []

  const engineKernel = (operation: string, code: number): AnyKernel => {
    const encode = (attributeEncoders as Readonly<Record<string, AnyEncoder | undefined>>)[operation]
    return (inputs, attributes, outputs) => {
      try {
        return engine.run(
          code,
          encode === undefined ? [] : encode(new AttributeWords(), attributes).values,
          inputs,
          outputs,
        )
      } catch (error) {
        throw translated(error)
      }
    }
  }

  for (const operation of engine.operations) {
    if (operation !== 'free') kernels[operation] = engineKernel(operation, engine.operationCode(operation)!)
  }
  for (const [operation, kernel] of Object.entries(cpu.kernels) as [string, AnyKernel][]) {
    if (operation in kernels) continue
    fallbacks.push(operation)
    kernels[operation] = viaHost(kernel)
  }

  function viaHost(kernel: AnyKernel): AnyKernel {
    return (inputs, attributes, outputs) => {
      const operands: Operand[] = inputs.map((input) => ({
        ...specOf(input),
        handle: cpu.write(read(input.handle, input), input),
      }))
      const handles = kernel(operands, attributes, outputs)
      const results = outputs.map((spec, i) => write(cpu.read(handles[i]!, spec), spec))
      for (const { handle } of operands) cpu.free(handle)
      for (const handle of handles) cpu.free(handle)
      return results
    }
  }

  function write(values: DataArray, spec: Spec): Handle {
    const size = sizeOf(spec.shape)
    if (values.length !== size) {
      throw new LemanicError(
        'invalid-shape',
        `${name} backend: ${values.length} values were given for ${size} elements`,
      )
    }
    try {
      return engine.write(values)
    } catch (error) {
      throw translated(error)
    }
  }

  function read(handle: Handle, spec: Spec): DataArray {
    try {
      return engine.read(handle as number, allocateArray(spec.dtype, sizeOf(spec.shape)))
    } catch (error) {
      throw translated(error)
    }
  }

  return {
    name,
    kernels: kernels as unknown as Kernels,
    write,
    read,
    free: (handle) => engine.free(handle as number),
    memory: () => engine.memory(),
    resetPeak: () => engine.resetPeak(),
    describe: () => ({ ...describe, instructionSet: engine.instructionSet, fallbacks: fallbacks.join(' ') }),
    dispose: () => engine.dispose(),
  }
}

const specOf = ({ shape, dtype }: Spec): Spec => ({ shape, dtype })
