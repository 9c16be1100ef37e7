import type { RandomKey } from '../random/key.js'

/** What a model may want to know of the moment it is called in. */
export interface Context {
  /** For dropout and other chance; different at every step, micro-batch and worker. */
  readonly key: RandomKey
  /** True while gradients are taken, false in evaluation. */
  readonly training: boolean
  /**
   * Steps completed before this one; counts from 0. In training it is known to JavaScript only, so that reading it ends
   * the recording of a compiled step, and so does copying a context with `{ ...context }`: name the parts instead.
   */
  readonly step: number
}
