// npm passes Ctrl-C on to its child although the terminal has already done so: the second signal within this time is
// the same key press.
const samePressMilliseconds = 700

/**
 * Runs `work` with a signal that the first Ctrl-C (or SIGTERM) aborts; a second press ends the process at once.
 *
 * `onInterrupt` tells the user that the first press was heard.
 */
export async function withInterrupt<Result>(
  onInterrupt: () => void,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController()
  let firstPress: number | undefined
  const onSignal = () => {
    const now = performance.now()
    if (firstPress === undefined) {
      firstPress = now
      onInterrupt()
      abort.abort()
    } else if (now - firstPress > samePressMilliseconds) {
      process.exit(1)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    return await work(abort.signal)
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}
