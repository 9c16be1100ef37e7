import type { Backend } from './backend.js'
import { createCpuBackend } from './backends/cpu/create-cpu-backend.js'
import { createNativeBackend } from './backends/native.js'
import { createWasmBackend } from './backends/wasm.js'
import { setDefaultBackend } from './default-backend.js'
import { LemanicError, argumentError } from './errors.js'

/** The engines that come with Lemanic, best first. */
export const backendNames = ['native', 'wasm', 'cpu'] as const
export type BackendName = (typeof backendNames)[number]

export interface CreateBackendOptions {
  /** One engine by name, or one of your own. Default: the first of native, wasm, cpu that loads. */
  readonly backend?: BackendName | Backend
  /** Threads of the native or WebAssembly engine. Default: as many as the machine offers. */
  readonly threads?: number
  /** Bytes the native or WebAssembly engine may hold; one more is an error. Default: no limit. */
  readonly memoryLimit?: number
}

type Settings = Omit<CreateBackendOptions, 'backend'>

const creators: Readonly<Record<BackendName, (settings: Settings) => Backend | Promise<Backend>>> = {
  native: createNativeBackend,
  wasm: createWasmBackend,
  cpu: () => createCpuBackend(),
}

/** Creates one engine by name, without making it the default. */
export async function loadBackend(name: BackendName, settings: Settings = {}): Promise<Backend> {
  return creators[name](settings)
}

/**
 * Chooses the engine that new tensors live on and returns it: `native`, else `wasm`, else `cpu`, or the one asked for.
 * Throws `backend-unavailable` when the one asked for does not load, with the way to get it.
 */
export async function createBackend(options: CreateBackendOptions = {}): Promise<Backend> {
  const { backend, ...settings } = options
  checkSettings(options)
  if (typeof backend === 'object') {
    setDefaultBackend(backend)
    return backend
  }
  const failures: unknown[] = []
  for (const name of backend === undefined ? backendNames : [backend]) {
    try {
      const loaded = await loadBackend(name, settings)
      setDefaultBackend(loaded)
      return loaded
    } catch (cause) {
      failures.push(cause)
    }
  }
  const [first] = failures
  throw new LemanicError(
    'backend-unavailable',
    `createBackend: backend "${String(backend ?? 'native, wasm or cpu')}" did not load: ${first instanceof Error ? first.message : String(first)}`,
    {
      help: 'run `npx lemanic doctor` to see what is present and what would add the rest',
      cause: first,
    },
  )
}

function checkSettings(options: CreateBackendOptions): void {
  const known = ['backend', 'threads', 'memoryLimit']
  for (const name of Object.keys(options)) {
    if (!known.includes(name))
      throw argumentError('createBackend', `unknown option "${name}"; known are ${known.join(', ')}`)
  }
  const { backend, threads, memoryLimit } = options
  if (typeof backend === 'string' && !backendNames.includes(backend)) {
    throw argumentError(
      'createBackend',
      `unknown backend "${String(backend)}"; expected ${backendNames.join(', ')} or a Backend`,
    )
  }
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw argumentError('createBackend', `threads must be a whole number ≥ 1, got ${threads}`)
  }
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw argumentError('createBackend', `memoryLimit must be a number of bytes above 0, got ${memoryLimit}`)
  }
}
