import type { Params, RandomKey, Stacked, State } from '@lemanic/tensor-core'
import type { Link } from './link.js'

/** What may be relied on; `checkCompressor` of `@lemanic/compression/testing` tests these declarations. */
export interface CompressorProperties {
  /** With equal state and key, what is received for a + b is what is received for a plus that for b. */
  readonly linear: boolean
  /** Over the random key, what a worker sends is on average its message. */
  readonly unbiased: boolean
  /** Loses parts of the gradient for good unless they are sent later: refused without `errorFeedback`. */
  readonly needsErrorFeedback: boolean
  /** Payloads of different workers can be summed on their way: by all-reduce, or in the air. */
  readonly allReducible: boolean
}

/** What surrounds one exchange. */
export interface ExchangeContext {
  /** The only way to the other workers. */
  readonly link: Link
  readonly state: State
  /** Different at every step, the same for all workers: what both ends must draw alike comes from it. */
  readonly key: RandomKey
  /** Counts from 0. */
  readonly step: number
  /** Runs synchronous work; of the tensors it makes, those it returns live until the step ends. */
  run<Result>(body: () => Result): Result
  /** Calls `body` and adds its time to the telemetry under `name`, where a clock was given. */
  time<Result>(name: string, body: () => Result): Result
}

/** What came of an exchange. */
export interface Exchange {
  /** What every worker takes for the mean message; names and shapes of the parameters. */
  readonly received: Params
  /** What each local worker's own payload, without noise, stands for: [workers, …]. Called inside `run`, at most once. */
  sent(): Stacked
  /** What was compressed, where it is not the messages that came: with what was held back. */
  readonly compressed?: Stacked
  readonly state: State
}

/**
 * Brings the mean of all workers' messages (gradients, or gradients and what was held back) to every worker, through few
 * numbers. Stateless itself: what it remembers is `state`.
 */
export interface Compressor {
  readonly name: string
  readonly properties: CompressorProperties
  /** State before the first step, for `workers` local workers. Default: none. */
  init?(params: Params, workers: number): State
  /** `messages`: float32 with a leading axis of local workers. Disposes nothing that it was given. */
  exchange(messages: Stacked, context: ExchangeContext): Promise<Exchange>
}
