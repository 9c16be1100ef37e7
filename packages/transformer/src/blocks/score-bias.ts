import { add, broadcastTo, concat, embedding, reshape, tensor, transpose } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'
import type { RelativeConfig } from './block-config.js'
import type { Places } from './places.js'

const { fround, log, trunc } = Math

/**
 * The bucket of a distance key − query (Raffel et al. 2020, as in Mesh TensorFlow). `bidirectional` halves the buckets
 * between both directions; otherwise later keys share bucket 0. In float32, as the published models are.
 */
export function relativeBucket(
  distance: number,
  { buckets, maximumDistance }: RelativeConfig,
  bidirectional: boolean,
): number {
  const count = bidirectional ? buckets / 2 : buckets
  const first = bidirectional && distance > 0 ? count : 0
  const steps = bidirectional ? Math.abs(distance) : Math.max(0, -distance)
  const exact = count / 2
  if (steps < exact) return first + steps
  const logarithm = fround(fround(log(fround(steps / exact))) / fround(log(maximumDistance / exact)))
  return first + Math.min(count - 1, exact + trunc(fround(logarithm * (count - exact))))
}

/** Learned biases of all pairs of query and key, [1, H, T, past + T], from the table [buckets, H]. */
function relativeBias(
  table: Tensor,
  config: RelativeConfig,
  { backend, time, past, frame }: Places,
  bidirectional: boolean,
): Tensor {
  if (frame !== undefined) {
    const biases = embedding(table, frame.tensors.buckets!) // [1, C, H]
    return reshape(transpose(biases, [0, 2, 1]), [1, table.shape[1]!, 1, frame.capacity])
  }
  const total = past + time
  const ids = new Int32Array(time * total)
  for (let query = 0; query < time; query++)
    for (let key = 0; key < total; key++)
      ids[query * total + key] = relativeBucket(key - past - query, config, bidirectional)
  const biases = embedding(table, tensor(ids, [time, total], { backend })) // [T, S, H]
  return reshape(transpose(biases, [2, 0, 1]), [1, table.shape[1]!, time, total])
}

/** 0 at tokens and −∞ at padding, [B, 1, T, keys], for `visible` [B · keys]. */
export function paddingBias(
  visible: Uint8Array,
  { backend, batch, time }: Pick<Places, 'backend' | 'batch' | 'time'>,
): Tensor {
  const keys = visible.length / batch
  const bias = tensor(
    Float32Array.from(visible, (flag) => (flag === 0 ? -Infinity : 0)),
    [batch, 1, 1, keys],
    { backend },
  )
  return broadcastTo(bias, [batch, 1, time, keys])
}

/** What is added to the scores of self-attention when its queries see every token `copies` times (CoTFormer's repeats). */
export type ScoreBias = (copies: number) => Tensor | undefined

interface RelativePositions {
  readonly table: Tensor
  readonly config: RelativeConfig
  readonly bidirectional: boolean
}

/** The score bias of one pass, padding and relative positions together, for up to `mostCopies`: all worked out here. */
export function createScoreBias(places: Places, relative?: RelativePositions, mostCopies = 1): ScoreBias {
  const padding = places.frame?.tensors.padding ?? (places.visible && paddingBias(places.visible, places))
  const distances = relative && relativeBias(relative.table, relative.config, places, relative.bidirectional)
  const single = padding && distances ? add(distances, padding) : (padding ?? distances)
  if (single === undefined) return () => undefined
  const made = Array.from({ length: mostCopies }, (_, i) =>
    i === 0 ? single : concat(new Array<Tensor>(i + 1).fill(single), 3),
  )
  return (copies) => made[copies - 1]
}
