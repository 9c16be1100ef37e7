import { AttributeWords, type Engine, EngineError, type EnginePlan } from '@lemanic/tensor-native'
import type { Backend, Handle, Kernel, Kernels, Operand, Spec, StepPlan } from '../backend.js'
import { interruptCompilation } from '../compile/session.js'
import { allocateArray, type DataArray } from '../dtype.js'
import { LemanicError } from '../errors.js'
import { formatShape, sizeOf } from '../shape.js'
import { createCpuBackend } from './cpu/create-cpu-backend.js'
import { attributeEncoders } from './engine-attributes.js'

type AnyKernel = Kernel<Readonly<Record<string, unknown>>>
type AnyEncoder = (words: AttributeWords, attributes: Readonly<Record<string, unknown>>) => AttributeWords

/** The engine's error as this package's, with the same code and fields. */
function translated(error: unknown): unknown {
  if (!EngineError.isInstance(error)) return error
  return new LemanicError(error.code, error.message, { fields: error.fields, cause: error })
}

function translating<Result>(body: () => Result): Result {
  try {
    return body()
  } catch (error) {
    throw translated(error)
  }
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
      const words = encode?.(new AttributeWords(), attributes)
      return translating(() => engine.run(code, words?.values ?? [], inputs, outputs, words?.patches))
    }
  }

  for (const operation of engine.operations) {
    if (operation !== 'free') kernels[operation] = engineKernel(operation, engine.operationCode(operation)!)
  }
  for (const [operation, kernel] of Object.entries(cpu.kernels) as [string, AnyKernel][]) {
    if (operation in kernels) continue
    fallbacks.push(operation)
    kernels[operation] = viaHost(operation, kernel)
  }

  function viaHost(operation: string, kernel: AnyKernel): AnyKernel {
    return (inputs, attributes, outputs) => {
      interruptCompilation(`${operation} has no kernel in this engine and runs in JavaScript`)
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
    return translating(() => engine.write(values))
  }

  function read(handle: Handle, spec: Spec): DataArray {
    if (engine.isChanging(handle as number))
      interruptCompilation(`a tensor of shape ${formatShape(spec.shape)} was read in JavaScript`)
    return translating(() => engine.read(handle as number, allocateArray(spec.dtype, sizeOf(spec.shape))))
  }

  return {
    name,
    kernels: kernels as unknown as Kernels,
    write,
    read,
    free: (handle) => engine.free(handle as number),
    awaitCollection: (bytes) => engine.awaitCollection(bytes),
    recorder: {
      start: (inputs) => engine.startRecording(inputs as readonly number[]),
      finish: (outputs) => translating(() => planOf(engine.endRecording(outputs))),
      abort: () => engine.abortRecording(),
    },
    memory: () => engine.memory(),
    resetPeak: () => engine.resetPeak(),
    describe: () => ({ ...describe, instructionSet: engine.instructionSet, fallbacks: fallbacks.join(' ') }),
    dispose: () => engine.dispose(),
  }
}

function planOf(plan: EnginePlan): StepPlan {
  return {
    get isStale() {
      return plan.isStale
    },
    replay: (inputs) => translating(() => plan.replay(inputs as readonly number[])),
    dispose: () => plan.dispose(),
  }
}

const specOf = ({ shape, dtype }: Spec): Spec => ({ shape, dtype })
