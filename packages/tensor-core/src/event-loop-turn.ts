/**
 * Gives timers, signals and streams their turn. Engines answer at once, so that promises alone would keep the event loop
 * waiting for as long as a training or a generation lasts: nobody could stop it, and nothing that it writes would go out.
 * About a microsecond.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel() // browsers: sooner than the shortest timer
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
