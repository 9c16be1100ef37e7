import type { Backend } from './backend.js'
import { createNativeBackend } from './backends/native.js'
import { LemanicError } from './errors.js'

let current: Backend | undefined

/** The backend of tensors made from host values: what `createBackend` chose, else `native` if it loads by itself. */
export function defaultBackend(): Backend {
  if (current === undefined) {
    try {
      current = createNativeBackend()
    } catch (cause) {
      if (LemanicError.isInstance(cause, 'engine-outdated')) throw cause
      throw new LemanicError(
        'backend-not-ready',
        'a tensor was made before a backend was chosen, and the native one did not load by itself',
        {
          help: "add `await createBackend()` from '@lemanic/tensor-core' before the first operation",
          cause,
        },
      )
    }
  }
  return current
}

/** Makes `backend` the one that new tensors live on; tensors that exist stay where they are. Returns the former one. */
export function setDefaultBackend(backend: Backend | undefined): Backend | undefined {
  const former = current
  current = backend
  return former
}
