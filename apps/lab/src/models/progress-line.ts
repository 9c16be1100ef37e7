import { describeSeconds } from '@lemanic/eval/node'
import type { Terminal } from '../terminal.js'

/** Least time between two lines where progress cannot be drawn over itself. */
const quietMilliseconds = 5000

/** Where a training is: one line that is drawn over on a terminal, elsewhere a new line now and then. */
export class ProgressLine {
  readonly #terminal: Terminal
  readonly #clock: () => number
  #started: { readonly at: number; readonly step: number } | undefined
  #saidAt = -Infinity
  #isDrawn = false

  constructor(terminal: Terminal, clock: () => number) {
    this.#terminal = terminal
    this.#clock = clock
  }

  step(step: number, steps: number, facts: string): void {
    const now = this.#clock()
    this.#started ??= { at: now, step }
    const { at, step: first } = this.#started
    const left = step === first ? undefined : ((now - at) / (step - first) / 1000) * (steps - step)
    const rest = left === undefined || step === steps ? '' : `  about ${describeSeconds(left)} left`
    const line = `step ${step}/${steps}  ${facts}${rest}`
    if (this.#terminal.interactive) {
      this.#terminal.progress.write(`\r\x1b[K${line.slice(0, this.#terminal.width - 1)}`)
      this.#isDrawn = true
    } else if (now - this.#saidAt >= quietMilliseconds || step === steps) {
      this.#terminal.say(line)
      this.#saidAt = now
    }
  }

  /** A line that stays. */
  say(line: string): void {
    if (this.#isDrawn) this.#terminal.progress.write('\r\x1b[K')
    this.#isDrawn = false
    this.#terminal.say(line)
  }
}
