import type { Channel } from './channel.js'
import { workerMean } from './worker-mean.js'

/** A digital channel without errors: the exact mean by all-reduce, and each worker's bytes where a compressor asks. */
export function noiselessChannel(): Channel {
  return {
    name: 'noiseless',
    isAnalog: false,
    mean: async (payload, context) => ({ received: await workerMean(payload, context) }),
  }
}
