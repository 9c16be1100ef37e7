/** The recording under way, if there is one. */
let session: { reason: string | undefined } | undefined

/** True inside a step that is being recorded: a check that reads values would end the recording. */
export function isCompiling(): boolean {
  return session !== undefined
}

/** Says that the recording under way cannot stand for later steps; the first reason stays. Nothing happens outside one. */
export function interruptCompilation(reason: string): void {
  if (session !== undefined) session.reason ??= reason
}

/** Runs `body` as the recording under way → its result, and why it must not be replayed, if so. */
export function compiling<Result>(body: () => Result): { result: Result; reason: string | undefined } {
  const current: { reason: string | undefined } = { reason: undefined }
  session = current
  try {
    return { result: body(), reason: current.reason }
  } finally {
    session = undefined
  }
}
