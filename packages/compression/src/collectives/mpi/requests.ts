import { setImmediate as nextTurn } from 'node:timers/promises'
import { timedOut } from '../refusals.js'
import type { NativeMemory, OpenMpi } from './open-mpi.js'

const test = 'int MPI_Test(void *request, void *flag, void *status)'

/**
 * Waits for a non-blocking operation by asking, between turns of the event loop: timers, sockets and promises of the
 * process go on. MPI makes progress when it is asked, from this thread only (MPI_THREAD_FUNNELED).
 */
export class Requests {
  readonly #mpi: OpenMpi
  readonly #timeout: number
  readonly #request: NativeMemory
  readonly #flag: NativeMemory
  readonly #flagValue: Int32Array

  constructor(mpi: OpenMpi, timeout: number) {
    this.#mpi = mpi
    this.#timeout = timeout
    this.#request = mpi.allocate(8)
    this.#flag = mpi.allocate(8)
    this.#flagValue = new Int32Array(this.#flag.bytes.buffer)
  }

  /**
   * Starts an operation with the place for its request, and resolves when it is done. After `patience` turns it asks
   * every millisecond only: who waits for a slow rank shall not take the processor from it.
   */
  async complete(start: (request: bigint) => void, patience: number, what: string): Promise<void> {
    start(this.#request.pointer)
    let isLate = false
    let timer: NodeJS.Timeout | undefined
    try {
      for (let turn = 0; ; turn += 1) {
        this.#mpi.call(test, this.#request.pointer, this.#flag.pointer, null)
        if (this.#flagValue[0] !== 0) return
        if (isLate) throw timedOut(undefined, this.#timeout, what)
        if (turn < patience) await nextTurn()
        else {
          timer ??= setTimeout(() => (isLate = true), this.#timeout)
          await new Promise((wake) => setTimeout(wake, 1))
        }
      }
    } finally {
      clearTimeout(timer)
    }
  }

  free(): void {
    this.#request.free()
    this.#flag.free()
  }
}
