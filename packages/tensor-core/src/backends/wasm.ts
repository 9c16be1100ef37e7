import {
  createWasmEngine,
  createWasmEngineSync,
  type Engine,
  EngineError,
  type WasmEngineOptions,
} from '@lemanic/tensor-native'
import type { Backend } from '../backend.js'
import { LemanicError } from '../errors.js'
import { createEngineBackend } from './engine-backend.js'

export type WasmBackendOptions = WasmEngineOptions

const backendOf = (engine: Engine): Backend =>
  createEngineBackend({ name: 'wasm', engine, describe: { threads: engine.threads } })

function translated(error: unknown): unknown {
  if (!EngineError.isInstance(error)) return error
  return new LemanicError(error.code, error.message, { fields: error.fields, cause: error })
}

/**
 * The engine as WebAssembly: browsers, and machines without a native binary. As many threads as the host offers, where it
 * shares memory between them, else one. Throws `engine-missing`.
 */
export async function createWasmBackend(options: WasmBackendOptions = {}): Promise<Backend> {
  try {
    return backendOf(await createWasmEngine(options))
  } catch (error) {
    throw translated(error)
  }
}

/** `createWasmBackend` without waiting, one thread by default: Node.js only, unless a compiled module is given. */
export function createWasmBackendSync(options: WasmBackendOptions = {}): Backend {
  try {
    return backendOf(createWasmEngineSync(options))
  } catch (error) {
    throw translated(error)
  }
}
