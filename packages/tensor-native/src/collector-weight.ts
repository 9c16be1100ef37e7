/**
 * What waits for the garbage collector: bytes of buffers that objects hold and nobody frees by hand. The collector should
 * know of them, but each report that passes the last one by some 64 MiB makes it collect. Memory that is freed by hand must
 * not do that, however much of it comes and goes. So only what is waiting at the end of a turn of the event loop is
 * reported (no callback of the collector runs before), a rise by more than a step, and a fall only below three quarters.
 */
export class CollectorWeight {
  static readonly step = 8 * 2 ** 20
  readonly #report: (bytes: number) => void
  #waiting = 0
  #reported = 0
  #isScheduled = false

  /** `report` gets the whole, not the difference. */
  constructor(report: (bytes: number) => void) {
    this.#report = report
  }

  /** So many bytes more wait, or fewer where negative. */
  add(bytes: number): void {
    this.#waiting += bytes
    if (this.#isScheduled || !this.#isDue()) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      if (!this.#isDue()) return
      this.#reported = this.#waiting
      this.#report(this.#reported)
    })
  }

  #isDue(): boolean {
    const { step } = CollectorWeight
    return this.#waiting > this.#reported + step || this.#waiting < 0.75 * this.#reported - step
  }
}
