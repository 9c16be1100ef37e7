import type { ThreadedWasmExports, WasmExports } from './wasm-exports.js'
import { startWorkers } from './wasm-workers.js'

const firstPages = 64 // as much as build-wasm.mjs asks for
const mostPages = [65536, 32768, 16384] // 4 GiB; some hosts reserve all of it and refuse
const stackBytes = 256 * 1024

/** Memory for several threads; undefined where the host has none, or lets no other thread see it. */
export function sharedMemory(): WebAssembly.Memory | undefined {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean }
  if (typeof SharedArrayBuffer === 'undefined' || crossOriginIsolated === false) return undefined
  for (const maximum of mostPages) {
    try {
      return new WebAssembly.Memory({ initial: firstPages, maximum, shared: true })
    } catch {
      // the next, smaller one
    }
  }
  return undefined
}

/** A browser's main thread may not sleep; it spins. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0)
    return true
  } catch {
    return false
  }
}

export interface ThreadedInstance {
  readonly exports: WasmExports
  /** Workers that came to their work; a loop ends without those that did not. */
  readonly started: Promise<number>
}

/** An instance of the module with threads and its `threads` − 1 workers, which end when the engine is destroyed. */
export function startThreads(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  threads: number,
  hold: boolean,
): ThreadedInstance {
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as ThreadedWasmExports
  if (mayWait()) exports.lm_may_wait()
  const tasks = Array.from({ length: threads - 1 }, (_, i) => ({
    module,
    memory,
    stack: (exports.malloc(stackBytes) + stackBytes) & -16,
    thread: i + 1,
  }))
  return { exports: { ...exports, memory }, started: startWorkers(tasks, hold) }
}
