// FetchSGD: workers send count sketches; momentum and error live in the sketch at the receiver.
//
// S mean sketch    S_u momentum    S_e error    ρ momentum    U unsketch
//   S_u ← ρ S_u + S;  S_e ← S_e + S_u;  Δ = top-k(U(S_e));  S_e ← S_e − S(Δ);  Δ goes to the optimizer
//
// Source: Rothchild et al., "FetchSGD: Communication-Efficient Federated Learning with Sketching", ICML 2020
// (arXiv 2007.07682), algorithm 1.
// Deviations: the learning rate is the optimizer's (plain SGD: the momentum is here); all tensors share one sketch, as
// there; the error is subtracted as in the algorithm, its coordinates are not zeroed as in the authors' code.

import {
  add,
  concat,
  mapParams,
  multiply,
  reshape,
  slice,
  subtract,
  tensor,
  randomKey,
  zeros,
  type RandomKey,
} from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { checkFraction, checkNumber, checkOptions, checkWhole } from '../refuse.js'
import { largestIndices } from './largest-indices.js'
import { sketchHash, sketchOf, unsketch } from './sketch.js'

export interface FetchSgdOptions {
  /** Numbers sent over entries, above 0 and up to 1. */
  readonly fraction: number
  /** Share of the entries that an update changes, above 0 and up to 1; k = max(1, ⌊kept · d⌋). */
  readonly kept: number
  /** Default 5. */
  readonly rows?: number
  /** ρ, 0 ≤ ρ < 1. Default 0.9; then the optimizer needs none. */
  readonly momentum?: number
  /** Draws the hash, the same at every step and on all ranks. Default `randomKey(0)`. */
  readonly key?: RandomKey
}

/** FetchSGD over all tensors together. State: `momentum` and `error` [rows, columns]. */
export function fetchSgd(options: FetchSgdOptions): Compressor {
  checkOptions('fetchSgd', options, ['fraction', 'kept', 'rows', 'momentum', 'key'])
  const { fraction, kept, rows = 5, momentum = 0.9, key = randomKey(0) } = options
  checkFraction('fetchSgd', 'fraction', fraction)
  checkFraction('fetchSgd', 'kept', kept)
  checkWhole('fetchSgd', 'rows', rows, 1)
  checkNumber('fetchSgd', 'momentum', momentum, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
  const columnsOf = (size: number): number => Math.max(1, Math.floor((fraction * size) / rows))
  return {
    name: `fetchsgd ${fraction}, ${rows} rows`,
    properties: { linear: false, unbiased: false, needsErrorFeedback: false, allReducible: true },
    init(params) {
      const values = Object.values(params)
      const size = values.reduce((total, value) => total + value.size, 0)
      const place = values[0] === undefined ? {} : { backend: values[0].backend }
      const empty = () => zeros([rows, columnsOf(size)], place)
      return { json: null, tensors: { momentum: empty(), error: empty() } }
    },
    async exchange(messages, { link, run, state }) {
      const workers = link.localWorkers
      const vectors = run(() =>
        concat(
          Object.values(messages).map((value) => reshape(value, [workers, value.size / workers])),
          1,
        ),
      )
      const size = vectors.shape[1]
      const hash = run(() => sketchHash(key, size, rows, columnsOf(size), vectors.backend))
      const sketches = run(() => sketchOf(vectors, hash))
      const { sketch } = await link.mean({ sketch: sketches })
      const { velocity, pooled, estimate } = run(() => {
        const next = add(multiply(state.tensors.momentum, momentum), sketch)
        const sum = add(state.tensors.error, next)
        return { velocity: next, pooled: sum, estimate: unsketch(sum, hash) }
      })
      const values = (await estimate.data()) as Float32Array
      const update = new Float32Array(size)
      if (size > 0)
        for (const index of largestIndices(values, Math.max(1, Math.floor(kept * size)))) update[index] = values[index]
      const { received, error } = run(() => {
        const delta = tensor(update, [size], { backend: vectors.backend })
        let at = 0
        return {
          error: subtract(pooled, reshape(sketchOf(reshape(delta, [1, size]), hash), pooled.shape)),
          received: mapParams(messages, (value) => {
            const begin = at
            at += value.size / workers
            return reshape(slice(delta, [[begin, at]]), value.shape.slice(1))
          }),
        }
      })
      return {
        received,
        sent: () => messages, // what is left of them is in the sketch
        state: { json: null, tensors: { momentum: velocity, error } },
      }
    },
  }
}
