import type { Backend } from '../backend.js'
import { LemanicError } from '../errors.js'

/**
 * Why an engine cannot be tested here: the first line of its `engine-missing` error. Undefined when it is present; other
 * errors pass on, and that one too where the engine `isExpected`.
 */
export async function absenceOf(
  create: () => Backend | Promise<Backend>,
  isExpected = false,
): Promise<string | undefined> {
  try {
    const backend = await create()
    backend.dispose?.()
    return undefined
  } catch (cause) {
    if (!isExpected && LemanicError.isInstance(cause, 'engine-missing')) return cause.message.split('\n')[0]
    throw cause
  }
}
