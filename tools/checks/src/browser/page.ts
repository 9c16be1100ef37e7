// Runs in the browser, in a page and in a worker of it: the contract of tensor-core's backends on the wasm engine.
import { createWasmBackend } from '@lemanic/tensor-core'
import { runConformance, type CheckResult } from '@lemanic/tensor-core/testing'

/** What the page says of one run. */
export interface BrowserOutcome {
  readonly threads: number
  readonly instructionSet: string
  readonly results: readonly CheckResult[]
}

async function conformance(threads: number | undefined): Promise<BrowserOutcome> {
  const backend = await createWasmBackend(threads === undefined ? {} : { threads })
  const { threads: actual, instructionSet } = backend.describe()
  const results = await runConformance(backend)
  backend.dispose?.()
  return { threads: Number(actual), instructionSet: String(instructionSet), results }
}

/** The same in a worker, whose own workers are then the threads: how an application keeps its page responsive. */
function conformanceInWorker(threads: number | undefined): Promise<BrowserOutcome> {
  const worker = new Worker(import.meta.url, { type: 'module' })
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<BrowserOutcome>) => resolve(data)
    worker.onerror = (event) => reject(new Error(event.message))
    worker.postMessage(threads)
  })
}

if (typeof document === 'undefined') {
  self.onmessage = ({ data }: MessageEvent<number | undefined>) => {
    void conformance(data).then((outcome) => self.postMessage(outcome))
  }
} else {
  Object.assign(globalThis, { conformance, conformanceInWorker })
}
