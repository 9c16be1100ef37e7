import { Engine } from './engine.js'
import { EngineError } from './engine-error.js'
import { sharedMemory, startThreads } from './threaded-instance.js'
import { WasmBinding } from './wasm-binding.js'
import type { WasmExports } from './wasm-exports.js'
import { loadModule, loadModuleSync } from './wasm-modules.js'
import { availableThreads, checkedThreads, workersStartAtOnce } from './wasm-workers.js'

export interface WasmEngineOptions {
  /**
   * Threads that share one operation, this one included. Default: what the host offers (`os.availableParallelism()`,
   * `navigator.hardwareConcurrency`), for `createWasmEngineSync` 1. Where memory cannot be shared (a page that is not
   * cross-origin isolated) or workers do not start, the engine has one thread; `engine.threads` tells.
   */
  readonly threads?: number
  /** Bytes that live buffers may take together. Default: what WebAssembly allows (4 GiB less the engine's own). */
  readonly memoryLimit?: number
  /**
   * The compiled engine, for hosts where the package's files cannot be found from its own address: `wasm/engine.wasm`,
   * or `wasm/engine-threads.wasm` for more than one thread.
   */
  readonly module?: WebAssembly.Module
}

interface Settings {
  readonly threads: number
  readonly memoryLimit: number
  readonly module: WebAssembly.Module | undefined
}

function settingsOf(caller: string, options: WasmEngineOptions, otherwise: () => number): Settings {
  const { memoryLimit, module } = options
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw new EngineError(
      'unsupported',
      `${caller}: memoryLimit must be a positive number of bytes, got ${memoryLimit}`,
      { memoryLimit },
    )
  }
  const threads = checkedThreads(caller, options.threads, otherwise)
  return { threads, memoryLimit: memoryLimit ?? 0, module }
}

/** Finalizers end the workers of engines that were dropped without `dispose`. */
const forgotten = new FinalizationRegistry<() => void>((dispose) => dispose())

function single(module: WebAssembly.Module, memoryLimit: number): Engine {
  // this module imports nothing: no clock, no files, no host at all
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as WasmExports
  return new Engine(new WasmBinding(exports, 1, memoryLimit), 1)
}

/** `started`: how many workers came to their work. */
function threaded(exports: WasmExports, { threads, memoryLimit }: Settings, started: number): Engine {
  const binding = new WasmBinding(exports, started === 0 ? 1 : threads, memoryLimit)
  const engine = new Engine(binding, 1 + started)
  forgotten.register(engine, binding.dispose)
  return engine
}

const importsMemory = (module: WebAssembly.Module): boolean => WebAssembly.Module.imports(module).length > 0

/** Shared memory when these settings ask for it and the host has it; a module that needs it does not go without. */
function memoryFor({ threads, module }: Settings): WebAssembly.Memory | undefined {
  if (module === undefined ? threads === 1 : !importsMemory(module)) return undefined
  const memory = sharedMemory()
  if (memory === undefined && module !== undefined) {
    throw new EngineError(
      'engine-missing',
      'the module given works on shared memory, which this host does not offer (pages must be cross-origin isolated); give wasm/engine.wasm instead',
    )
  }
  return memory
}

/**
 * The same kernels as WebAssembly with 128-bit SIMD, in Node.js and browsers, on one thread or several. Results do not
 * depend on their number. Throws `engine-missing`.
 */
export async function createWasmEngine(options: WasmEngineOptions = {}): Promise<Engine> {
  const settings = settingsOf('createWasmEngine', options, availableThreads)
  const memory = memoryFor(settings)
  if (memory === undefined) return single(settings.module ?? (await loadModule('engine.wasm')), settings.memoryLimit)
  const module = settings.module ?? (await loadModule('engine-threads.wasm'))
  const { exports, started } = startThreads(module, memory, settings.threads, true)
  return threaded(exports, settings, await started)
}

/**
 * `createWasmEngine` without waiting: in Node.js, or with a module that is compiled already. One thread by default, and
 * outside Node.js, where workers start only after this thread has returned to its event loop.
 */
export function createWasmEngineSync(options: WasmEngineOptions = {}): Engine {
  const given = settingsOf('createWasmEngineSync', options, () => 1)
  const settings = workersStartAtOnce() ? given : { ...given, threads: 1 }
  const memory = memoryFor(settings)
  if (memory === undefined) return single(settings.module ?? loadModuleSync('engine.wasm'), settings.memoryLimit)
  const module = settings.module ?? loadModuleSync('engine-threads.wasm')
  return threaded(startThreads(module, memory, settings.threads, false).exports, settings, settings.threads - 1)
}
