import type { Params } from '../params/params.js'
import type { RandomKey } from '../random/key.js'
import type { Context } from './context.js'

/** Parameters in, prediction out: a record of pure functions. */
export interface Model<Batch, Output> {
  /** Fresh parameters; the same key gives the same ones. */
  init(key: RandomKey): Params
  /** The prediction. Without a context: evaluation, nothing random. */
  apply(params: Params, batch: Batch, context?: Context): Output
}
