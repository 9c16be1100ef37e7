import { type Backend, createBackend, setDefaultBackend } from '@lemanic/tensor-core'
import type { Options } from '../options.js'

/** Runs `work` on the engine that the options ask for, and ends the engine after it. */
export async function withEngine<Result>(
  { backend: name, threads }: Pick<Options, 'backend' | 'threads'>,
  work: (backend: Backend) => Promise<Result>,
): Promise<Result> {
  const backend = await createBackend({ ...(name && { backend: name }), ...(threads && { threads }) })
  try {
    return await work(backend)
  } finally {
    setDefaultBackend(undefined)
    backend.dispose?.()
  }
}
