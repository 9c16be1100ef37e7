import {
  gather,
  mapParams,
  multiply,
  RandomStream,
  reshape,
  scatterAdd,
  tensor,
  type RandomKey,
  type Tensor,
} from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { checkFraction, checkOptions } from '../refuse.js'

export interface RandomKOptions {
  /** Share of the entries sent, above 0 and up to 1; k = max(1, ⌊fraction · d⌋). */
  readonly fraction: number
  /** One contiguous block (around the end to the start) instead of single entries: faster to pick. Default false. */
  readonly block?: boolean
  /** Multiply by d/k, so that the mean is right and no error feedback is needed, at the price of variance. Default false. */
  readonly rescale?: boolean
}

/** k of `size` positions, each equally likely; ascending for a block, else in random order. */
function positions(key: RandomKey, size: number, k: number, block: boolean): Int32Array {
  const stream = new RandomStream(key)
  if (block) {
    const start = stream.nextBelow(size)
    return Int32Array.from({ length: k }, (_, i) => (start + i) % size)
  }
  const all = new Int32Array(size)
  for (let i = 0; i < size; i++) all[i] = i
  for (let i = 0; i < k; i++) {
    const j = i + stream.nextBelow(size - i)
    const swap = all[i]
    all[i] = all[j]
    all[j] = swap
  }
  return all.subarray(0, k)
}

/**
 * Random-k: entries that all workers draw alike at every step, tensor by tensor, so that only values are sent.
 *
 * Stich, Cordonnier, Jaggi, "Sparsified SGD with Memory", 2018 (arXiv 1809.07599).
 */
export function randomK(options: RandomKOptions): Compressor {
  checkOptions('randomK', options, ['fraction', 'block', 'rescale'])
  const { fraction, block = false, rescale = false } = options
  checkFraction('randomK', 'fraction', fraction)
  return {
    name: `random-k ${fraction}${block ? ', block' : ''}${rescale ? ', rescaled' : ''}`,
    properties: {
      linear: true,
      unbiased: rescale || fraction === 1,
      needsErrorFeedback: !rescale && fraction < 1,
      allReducible: true,
    },
    async exchange(messages, { link, run, key, state }) {
      const workers = link.localWorkers
      const sizes: Record<string, number> = {}
      const indices = run(() =>
        mapParams(messages, (value, name) => {
          const size = value.size / workers
          sizes[name] = size
          const k = size === 0 ? 0 : Math.max(1, Math.floor(fraction * size))
          const chosen = k === 0 ? new Int32Array(0) : positions(key.foldIn(name), size, k, block)
          return tensor(chosen.slice(), [k], { backend: value.backend })
        }),
      )
      const scaleOf = (name: string): number => (rescale ? sizes[name] / Math.max(1, indices[name].size) : 1)
      const payload = run(() =>
        mapParams(messages, (value, name) => {
          const values = gather(reshape(value, [workers, sizes[name]]), indices[name], 1)
          return rescale ? multiply(values, scaleOf(name)) : values
        }),
      )
      const answer = await link.mean(payload)
      const scatter = (values: Tensor, name: string, axis: number, shape: readonly number[]): Tensor =>
        reshape(scatterAdd(values, indices[name], { axis, size: sizes[name] }), shape)
      return {
        received: run(() =>
          mapParams(answer, (values, name) => scatter(values, name, 0, messages[name].shape.slice(1))),
        ),
        sent: () => mapParams(payload, (values, name) => scatter(values, name, 1, messages[name].shape)),
        state,
      }
    },
  }
}
