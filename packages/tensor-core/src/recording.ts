let depth = 0

/** How many gradient functions are being evaluated right now. */
export function recordingDepth(): number {
  return depth
}

/** Runs `body` with one more level of recording. */
export function recording<Result>(body: () => Result): Result {
  depth++
  try {
    return body()
  } finally {
    depth--
  }
}
