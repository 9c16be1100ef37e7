import { tensor } from '../operations/creation.js'
import { mean } from '../operations/reduction.js'
import { disposeParams } from '../params/lifetime.js'
import { mapParams } from '../params/params.js'
import { flattenParams, unflattenParams } from '../params/stacking.js'
import { scope } from '../scope.js'
import type { Reducer } from './reducer.js'

/** The mean over all workers of all ranks, each rank weighing the same: the default reducer. */
export function meanReducer(): Reducer {
  return {
    async reduce(local, { collectives, state }) {
      const reduced = mapParams(local, (value) => mean(value, 0))
      if (collectives.worldSize === 1) return { reduced, state }
      using flat = flattenParams(reduced)
      const values = await collectives.allReduce((await flat.data()) as Float32Array, 'mean')
      const everywhere = scope(() =>
        unflattenParams(tensor(values, [values.length], { backend: flat.backend }), reduced),
      )
      disposeParams(reduced)
      return { reduced: everywhere, state }
    },
  }
}
