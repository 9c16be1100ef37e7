import type { Backend } from './backend.js'
import { createCpuBackend } from './backends/cpu/create-cpu-backend.js'
import { createNativeBackend } from './backends/native.js'
import { createTensorFlowBackend } from './backends/tensorflow/create-tensorflow-backend.js'
import { loadTensorFlowBackend, loadVisibleGpu } from './backends/tensorflow/load-tensorflow.js'
import type { TfjsNamespace } from './backends/tensorflow/tfjs-types.js'
import { createWasmBackend } from './backends/wasm.js'
import { setDefaultBackend } from './default-backend.js'
import { LemanicError, argumentError } from './errors.js'

/** The engines that Lemanic knows: those that come with it, best first, and TensorFlow, which the user brings. */
export const backendNames = ['native', 'wasm', 'cpu', 'tensorflow'] as const
export type BackendName = (typeof backendNames)[number]
const ownBackends = ['native', 'wasm', 'cpu'] as const satisfies readonly BackendName[]

export interface CreateBackendOptions {
  /**
   * One engine by name, or one of your own. Default: TensorFlow where a GPU is visible (`@tensorflow/tfjs-node-gpu` is
   * installed and lists one), else the first of native, wasm, cpu that loads.
   */
  readonly backend?: BackendName | Backend
  /** Threads of the native or WebAssembly engine. Default: as many as the machine offers. */
  readonly threads?: number
  /** Bytes the native or WebAssembly engine may hold; one more is an error. Default: no limit. */
  readonly memoryLimit?: number
  /**
   * For `tensorflow`: a TensorFlow.js namespace of yours, whose current backend computes. Default: tfjs-node-gpu or
   * tfjs-node, whichever is installed.
   */
  readonly tf?: TfjsNamespace
}

type Settings = Omit<CreateBackendOptions, 'backend'>

const creators: Readonly<Record<BackendName, (settings: Settings) => Backend | Promise<Backend>>> = {
  native: createNativeBackend,
  wasm: createWasmBackend,
  cpu: () => createCpuBackend(),
  tensorflow: ({ tf }) => (tf === undefined ? loadTensorFlowBackend() : createTensorFlowBackend({ tf })),
}

/** Creates one engine by name, without making it the default. */
export async function loadBackend(name: BackendName, settings: Settings = {}): Promise<Backend> {
  return creators[name](settings)
}

/**
 * Chooses the engine that new tensors live on and returns it: the one asked for, or a visible GPU through TensorFlow,
 * else `native`, else `wasm`, else `cpu`.
 * Throws `backend-unavailable` when the one asked for does not load, with the way to get it, and `engine-outdated` for a
 * native engine that was built from other sources: another engine would serve, but not what was meant.
 */
export async function createBackend(options: CreateBackendOptions = {}): Promise<Backend> {
  const { backend, ...settings } = options
  checkSettings(options)
  if (typeof backend === 'object') {
    setDefaultBackend(backend)
    return backend
  }
  if (backend === undefined) {
    const gpu = await loadVisibleGpu()
    if (gpu !== undefined) {
      setDefaultBackend(gpu)
      return gpu
    }
  }
  const failures: unknown[] = []
  for (const name of backend === undefined ? ownBackends : [backend]) {
    try {
      const loaded = await loadBackend(name, settings)
      setDefaultBackend(loaded)
      return loaded
    } catch (cause) {
      if (LemanicError.isInstance(cause, 'engine-outdated')) throw cause
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
  const known = ['backend', 'threads', 'memoryLimit', 'tf']
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
  if (options.tf !== undefined && backend !== 'tensorflow') {
    throw argumentError('createBackend', `tf goes with the backend "tensorflow", got ${String(backend)}`)
  }
  if (threads !== undefined && (!Number.isInteger(threads) || threads < 1)) {
    throw argumentError('createBackend', `threads must be a whole number ≥ 1, got ${threads}`)
  }
  if (memoryLimit !== undefined && !(memoryLimit > 0)) {
    throw argumentError('createBackend', `memoryLimit must be a number of bytes above 0, got ${memoryLimit}`)
  }
}
