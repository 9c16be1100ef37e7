import type { TrainEvent } from './events.js'

/** Who is told: called with every event before `train` yields it. Default: nobody. */
export interface Reporter {
  report(event: TrainEvent): void | Promise<void>
}
