import {
  flattenParams,
  mapParams,
  mean,
  reshape,
  tensor,
  unflattenParams,
  type Params,
  type Stacked,
} from '@lemanic/tensor-core'
import type { ChannelContext } from './channel.js'

/** The exact mean over the workers of all processes; of one worker, the very values. */
export async function workerMean(
  payload: Stacked,
  { collectives, run }: Pick<ChannelContext, 'collectives' | 'run'>,
): Promise<Params> {
  const local = run(() =>
    mapParams(payload, (value) => (value.shape[0] === 1 ? reshape(value, value.shape.slice(1)) : mean(value, 0))),
  )
  if (collectives.worldSize === 1 || Object.keys(local).length === 0) return local
  const flat = run(() => flattenParams(local))
  const values = await collectives.allReduce((await flat.data()) as Float32Array, 'mean')
  return run(() => unflattenParams(tensor(values, [values.length], { backend: flat.backend }), local))
}
