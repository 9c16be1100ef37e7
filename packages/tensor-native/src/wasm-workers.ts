import { EngineError } from './engine-error.js'

/** What a worker needs to take part: it runs `lm_work(thread)` of `module` on `memory`, with a stack of its own. */
export interface WorkerTask {
  readonly module: WebAssembly.Module
  readonly memory: WebAssembly.Memory
  /** Address above the worker's stack. */
  readonly stack: number
  /** 1 … threads − 1 */
  readonly thread: number
}

// The whole script of a worker, as text: it needs no file, so that bundles, CommonJS and sources need no rule for it.
// It returns when the engine is disposed of; an engine whose worker trapped ends its loop with a trap, too.
const script = `
const work = ({ module, memory, stack, thread }, ready) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  exports.__stack_pointer.value = stack
  ready()
  try {
    exports.lm_work(thread)
  } catch {
    exports.lm_worker_failed()
  }
}
const node = typeof process === 'object' && process.getBuiltinModule && process.getBuiltinModule('node:worker_threads')
if (node && node.workerData) {
  work(node.workerData, () => node.parentPort.postMessage('ready'))
} else {
  onmessage = ({ data }) => {
    work(data, () => postMessage('ready'))
    close()
  }
}
`

interface NodeWorker {
  once(event: 'message' | 'exit', listener: () => void): void
  on(event: 'error', listener: () => void): void
  unref(): void
}
interface NodeWorkerThreads {
  readonly Worker: new (script: string, options: Readonly<Record<string, unknown>>) => NodeWorker
}

function nodeWorkers(): NodeWorkerThreads | undefined {
  const builtin = typeof process === 'undefined' ? undefined : process.getBuiltinModule
  return builtin?.('node:worker_threads') as NodeWorkerThreads | undefined
}

/** Starts a worker of Node.js, which runs even while this thread is busy → whether it came to its work. */
function startInNode({ Worker }: NodeWorkerThreads, task: WorkerTask, hold: boolean): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    // flags and variables are for the main thread: an --import would be loaded again in each worker
    const worker = new Worker(script, { eval: true, workerData: task, execArgv: [], env: {}, name: 'lemanic' })
    if (!hold) worker.unref()
    const settle = (began: boolean) => () => {
      worker.unref() // not before: a process with nothing else to do would end while it waits
      resolve(began)
    }
    worker.on('error', settle(false))
    worker.once('exit', settle(false))
    worker.once('message', settle(true))
  }).catch(() => false) // the permission model without --allow-worker
}

function startInBrowser(task: WorkerTask): Promise<boolean> {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  return new Promise<boolean>((resolve) => {
    const worker = new Worker(url, { name: 'lemanic' })
    worker.onmessage = () => resolve(true)
    worker.onerror = (event) => {
      event.preventDefault()
      worker.terminate()
      resolve(false)
    }
    worker.postMessage(task)
  })
    .catch(() => false) // a content security policy without worker-src blob:
    .finally(() => URL.revokeObjectURL(url))
}

/** Whether workers run before this thread has returned to its event loop: in Node.js. */
export const workersStartAtOnce = (): boolean => nodeWorkers() !== undefined

/**
 * Starts one worker for each task → how many came to their work. In Node.js a worker keeps the process alive until then,
 * and never when `hold` is false.
 */
export async function startWorkers(tasks: readonly WorkerTask[], hold: boolean): Promise<number> {
  const node = nodeWorkers()
  if (node === undefined && typeof Worker === 'undefined') return 0
  const started = await Promise.all(
    tasks.map((task) => (node === undefined ? startInBrowser(task) : startInNode(node, task, hold))),
  )
  return started.filter(Boolean).length
}

/** Threads that this host offers: `os.availableParallelism()`, in browsers `navigator.hardwareConcurrency`, else 1. */
export function availableThreads(): number {
  const builtin = typeof process === 'undefined' ? undefined : process.getBuiltinModule
  const os = builtin?.('node:os') as { availableParallelism?(): number } | undefined
  const { navigator } = globalThis as { navigator?: { readonly hardwareConcurrency?: number } }
  return os?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1
}

/** `threads` as it was given, or its default; refused outside 1 … 256. */
export function checkedThreads(caller: string, threads: number | undefined, otherwise: () => number): number {
  if (threads === undefined) return Math.min(256, Math.max(1, otherwise()))
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads
  throw new EngineError('unsupported', `${caller}: threads must be an integer from 1 to 256, got ${threads}`, {
    threads,
  })
}
