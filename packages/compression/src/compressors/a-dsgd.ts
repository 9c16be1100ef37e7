// A-DSGD: sparsify, project, add up in the air, recover the sparse sum.
//
//   worker k: keeps the K entries of M_k that are largest in magnitude, sends A · these, A [s, d] Gaussian and fixed
//   receiver: y = A · (mean of the sparse messages) + noise, decoded by approximate message passing
//
// Source: Amiri, Gündüz, "Machine Learning at the Wireless Edge: Distributed SGD over-the-air", 2020 (arXiv 1901.00844).
// Deviations: the scale of what is sent comes with the norms of the channel rather than as one more symbol; no mean
// removal in the first rounds; a projection for each tensor (`bucketed(aDsgd(…))` has one for all, as there).

import {
  mapParams,
  matmul,
  prefixParams,
  randomKey,
  randomNormal,
  reshape,
  tensor,
  type RandomKey,
} from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { checkFraction, checkNumber, checkOptions, checkWhole } from '../refuse.js'
import { shapesOf, sizeOf } from '../shapes.js'
import { approximateMessagePassing } from './amp.js'
import { largestIndices } from './largest-indices.js'

export interface ADsgdOptions {
  /** s/d: numbers sent over entries, above 0 and up to 1. */
  readonly fraction: number
  /**
   * Entries kept over numbers sent, above 0 and up to 1. Default 0.5, the paper's; the sum of many workers is recovered
   * well only where their supports together stay below about 0.2 s.
   */
  readonly sparsity?: number
  /** Of the decoder. Default 20. */
  readonly iterations?: number
  /** α > 0 of the decoder's soft threshold. Default 1.4. */
  readonly threshold?: number
  /** Draws the projections, alike on all ranks. Default `randomKey(0)`. */
  readonly key?: RandomKey
}

/**
 * Analog sparsified gradients with a message-passing decoder; use it with `errorFeedback`. State: `projection.*` [s, d], so
 * that it is for tensors of up to some ten thousand entries.
 */
export function aDsgd(options: ADsgdOptions): Compressor {
  checkOptions('aDsgd', options, ['fraction', 'sparsity', 'iterations', 'threshold', 'key'])
  const { fraction, sparsity = 0.5, iterations = 20, threshold = 1.4, key = randomKey(0) } = options
  checkFraction('aDsgd', 'fraction', fraction)
  checkFraction('aDsgd', 'sparsity', sparsity)
  checkWhole('aDsgd', 'iterations', iterations, 1)
  checkNumber('aDsgd', 'threshold', threshold, (x) => x > 0 && x < Infinity, 'a finite number above 0')
  const sentOf = (size: number): number => Math.max(1, Math.floor(fraction * size))
  return {
    name: `a-dsgd ${fraction}`,
    properties: { linear: false, unbiased: false, needsErrorFeedback: true, allReducible: true },
    init: (params) => ({
      json: null,
      tensors: prefixParams(
        mapParams(params, ({ size, backend }, name) => {
          const rows = sentOf(size)
          return randomNormal(key.foldIn(name), [rows, size], { standardDeviation: 1 / Math.sqrt(rows), backend })
        }),
        'projection',
      ),
    }),
    async exchange(messages, { link, run, state }) {
      const shapes = shapesOf(messages)
      const workers = link.localWorkers
      const projection = (name: string) => state.tensors[`projection.${name}`]
      const sparse = run(() =>
        mapParams(messages, (value, name) => {
          const size = sizeOf(shapes[name])
          const data = value.dataSync() as Float32Array
          const kept = new Float32Array(data.length)
          const k = Math.max(1, Math.floor(sparsity * sentOf(size)))
          for (let worker = 0; worker < workers && size > 0; worker++) {
            const start = worker * size
            for (const index of largestIndices(data.subarray(start, start + size), k))
              kept[start + index] = data[start + index]
          }
          return tensor(kept, [workers, size], { backend: value.backend })
        }),
      )
      const projected = run(() =>
        mapParams(sparse, (value, name) => matmul(value, projection(name), { transposeB: true })),
      )
      const answer = await link.mean(projected)
      return {
        received: run(() =>
          mapParams(answer, (y, name) =>
            reshape(approximateMessagePassing(y, projection(name), { iterations, threshold }), shapes[name]),
          ),
        ),
        sent: () => mapParams(sparse, (value, name) => reshape(value, messages[name].shape)),
        state,
      }
    },
  }
}
