import { mapParams, reshape, stack, unstack } from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { checkFraction, checkOptions, checkWhole } from '../refuse.js'
import { shapesOf, sizeOf } from '../shapes.js'
import { sketchHash, sketchOf, unsketch } from './sketch.js'

export interface CountSketchOptions {
  /** Numbers sent over entries, above 0 and up to 1. */
  readonly fraction: number
  /** Rows of the sketch; with one its estimates are linear and unbiased, with more the median of the rows'. Default 1. */
  readonly rows?: number
}

/**
 * Count sketch, tensor by tensor: entries are added up in buckets under random signs that all workers draw alike at every
 * step. With one row, the LASER paper's "sketching"; there is no error feedback for it, since a sketch is no
 * contraction.
 *
 * Charikar, Chen, Farach-Colton, "Finding frequent items in data streams", 2002; Ivkin et al., "Communication-efficient
 * distributed SGD with sketching", 2019 (arXiv 1903.04488).
 */
export function countSketch(options: CountSketchOptions): Compressor {
  checkOptions('countSketch', options, ['fraction', 'rows'])
  const { fraction, rows = 1 } = options
  checkFraction('countSketch', 'fraction', fraction)
  checkWhole('countSketch', 'rows', rows, 1)
  return {
    name: `count sketch ${fraction}${rows === 1 ? '' : `, ${rows} rows`}`,
    properties: { linear: rows === 1, unbiased: rows === 1, needsErrorFeedback: false, allReducible: true },
    async exchange(messages, { link, run, key, state }) {
      const shapes = shapesOf(messages)
      const workers = link.localWorkers
      const names = Object.keys(messages)
      const hashes = run(() =>
        names.map((name) => {
          const size = sizeOf(shapes[name])
          const columns = Math.max(1, Math.floor((fraction * size) / rows))
          return sketchHash(key.foldIn(name), size, rows, columns, messages[name].backend)
        }),
      )
      const hashOf = Object.fromEntries(names.map((name, j) => [name, hashes[j]]))
      const sketches = run(() =>
        mapParams(messages, (value, name) => sketchOf(reshape(value, [workers, sizeOf(shapes[name])]), hashOf[name])),
      )
      const answer = await link.mean(sketches)
      return {
        received: run(() => mapParams(answer, (sketch, name) => reshape(unsketch(sketch, hashOf[name]), shapes[name]))),
        sent: () =>
          mapParams(sketches, (sketch, name) =>
            reshape(stack(unstack(sketch).map((part) => unsketch(part, hashOf[name]))), messages[name].shape),
          ),
        state,
      }
    },
  }
}
