import type { Params } from '../params/params.js'
import type { Stacked } from '../params/stacking.js'
import type { Json, State } from '../params/state.js'
import type { RandomKey } from '../random/key.js'
import type { Collectives } from './collectives.js'

export interface ReducerContext {
  readonly collectives: Collectives
  readonly state: State
  /** Different at every step. */
  readonly key: RandomKey
  readonly step: number
}

export interface Reduction {
  /** One for all workers, without the worker axis. */
  readonly reduced: Params
  readonly state: State
  /** Bytes sent, ranks used, clients refused …: goes into the event of the step. */
  readonly telemetry?: Readonly<Record<string, Json>>
}

/**
 * Many workers' gradients become one. `local` has a leading worker axis: all workers of a simulation, or the one of
 * this rank; the same reducer serves both. Does not dispose what it is given and leaves nothing else alive.
 */
export interface Reducer {
  /** State before the first step; `workers` is the length of the worker axis. Default: none. */
  init?(params: Params, workers: number): State
  reduce(local: Stacked, context: ReducerContext): Promise<Reduction>
}
