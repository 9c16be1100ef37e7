import type { Backend } from '../../backend.js'
import { LemanicError } from '../../errors.js'
import { createTensorFlowBackend } from './create-tensorflow-backend.js'
import type { TfjsBackend, TfjsNamespace } from './tfjs-types.js'

/** The packages that bring TensorFlow to Node, the GPU's first. */
export const tensorFlowPackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const

const remedy =
  'npm install @tensorflow/tfjs-node-gpu (Linux and Windows with CUDA) or @tensorflow/tfjs-node; in a clone of Lemanic: npm run setup:tensorflow'

interface LoadedNamespace extends TfjsNamespace {
  setBackend(name: string): Promise<boolean>
}

/** TensorFlow through tfjs-node-gpu, else tfjs-node. Throws `engine-missing` when neither is installed and complete. */
export async function loadTensorFlowBackend(): Promise<Backend> {
  for (const name of tensorFlowPackages) {
    const tf = await importTensorFlow(name)
    if (tf !== undefined) return backendOf(name, tf)
  }
  throw new LemanicError(
    'engine-missing',
    `TensorFlow: neither ${tensorFlowPackages.join(' nor ')} is installed where @lemanic/tensor-core finds it`,
    { fields: { packages: tensorFlowPackages }, help: remedy },
  )
}

/**
 * TensorFlow where a GPU is visible, which means: `@tensorflow/tfjs-node-gpu` is installed beside this package, loads,
 * and lists a GPU among TensorFlow's devices. Undefined otherwise; never throws.
 */
export async function loadVisibleGpu(): Promise<Backend | undefined> {
  const [name] = tensorFlowPackages
  if (!isInstalled(name)) return undefined
  try {
    const tf = await importTensorFlow(name)
    const engine = tf?.findBackend('tensorflow') as TfjsBackend | null | undefined
    return engine?.binding?.isUsingGpuDevice() ? backendOf(name, tf!) : undefined
  } catch {
    return undefined
  }
}

/** A look at the folders only, where there are folders: whoever has no such package waits for nothing. */
function isInstalled(name: string): boolean {
  const builtin = typeof process === 'object' ? process.getBuiltinModule?.('node:module') : undefined
  if (builtin === undefined) return false
  try {
    builtin.createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

function backendOf(name: string, tf: TfjsNamespace): Backend {
  const backend = createTensorFlowBackend({ tf, tfjsBackend: 'tensorflow' })
  return { ...backend, describe: () => ({ package: name, ...backend.describe() }) }
}

/** Undefined when the package is not installed; throws when it is there and does not load. */
async function importTensorFlow(name: string): Promise<LoadedNamespace | undefined> {
  restoreRemovedUtilities()
  const former = currentTfjsBackend()
  let tf: LoadedNamespace
  try {
    const module = (await import(/* @vite-ignore */ name)) as LoadedNamespace & { default?: LoadedNamespace }
    tf = module.default ?? module
  } catch (cause) {
    if (isAbsence(cause, name)) return undefined
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause)
    throw new LemanicError('engine-missing', `TensorFlow: ${name} is installed and does not load: ${reason}`, {
      fields: { package: name },
      help: `${remedy}. Its install script downloads TensorFlow; where that was skipped or failed the package is incomplete`,
      cause,
    })
  }
  // The package makes itself the current backend of all copies of tfjs in the process: give the place back.
  if (former && former !== tf.getBackend()) await tf.setBackend(former)
  return tf
}

/** Node, bundlers and test runners each say in their way that there is no such package. */
const isAbsence = (cause: unknown, name: string): boolean =>
  cause instanceof Error &&
  /Cannot find (package|module)|Could not resolve|Failed to (load url|resolve)/.test(cause.message) &&
  cause.message.includes(name) &&
  !cause.message.includes(`${name}/`)

function currentTfjsBackend(): string | undefined {
  return (globalThis as { _tfengine?: { backendName?: string } })._tfengine?.backendName
}

/**
 * tfjs-node calls two functions that Node 23 took out of `util`. They are put back, unseen by enumeration, when
 * TensorFlow is loaded and they are missing.
 */
export function restoreRemovedUtilities(
  util: object | undefined = typeof process === 'object' ? process.getBuiltinModule?.('node:util') : undefined,
): void {
  const removed = {
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
    isArray: (value: unknown): boolean => Array.isArray(value),
  }
  if (util === undefined) return
  for (const [name, value] of Object.entries(removed)) {
    if (!(name in util)) Object.defineProperty(util, name, { value, configurable: true, writable: true })
  }
}
