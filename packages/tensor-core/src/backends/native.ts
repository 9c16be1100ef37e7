import { createNativeEngine, EngineError, type InstructionSet } from '@lemanic/tensor-native'
import type { Backend } from '../backend.js'
import { LemanicError } from '../errors.js'
import { createEngineBackend } from './engine-backend.js'

export interface NativeBackendOptions {
  /** Threads that share one operation. Default: `os.availableParallelism()`. */
  readonly threads?: number
  /** Bytes that live tensors may take together. Default: no limit. */
  readonly memoryLimit?: number
  /**
   * Kernels for the best instruction set of this machine, those that every machine runs (`baseline`), or one by name; a
   * set that this machine lacks is an `unsupported` error. Default `best`.
   */
  readonly instructionSet?: 'best' | InstructionSet
}

/**
 * The C++ engine through Node-API. Synchronous; throws `engine-missing` with the places that were tried when there is
 * no binary for this machine.
 */
export function createNativeBackend(options: NativeBackendOptions = {}): Backend {
  try {
    const engine = createNativeEngine(options)
    return createEngineBackend({ name: 'native', engine, describe: { threads: engine.threads } })
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    throw new LemanicError(error.code, error.message, { fields: error.fields, cause: error })
  }
}
