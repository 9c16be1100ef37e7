import { concat, mapParams, pad, reshape, slice, zeros, type Params, type Stacked } from '@lemanic/tensor-core'
import type { Compressor } from './compressor.js'
import { checkChoice, checkOptions } from './refuse.js'
import { shapesOf, sizeOf } from './shapes.js'

export interface BucketOptions {
  /**
   * `vector`: all entries in a row, so that top-k chooses among all tensors. `square`: as a square matrix padded with
   * zeros, PyTorch's batched PowerSGD. Default `vector`.
   */
  readonly shape?: 'vector' | 'square'
}

/** Lets a compressor see all tensors as one, named `bucket`, instead of one by one. */
export function bucketed(compressor: Compressor, options: BucketOptions = {}): Compressor {
  checkOptions('bucketed', options, ['shape'])
  const { shape = 'vector' } = options
  checkChoice('bucketed', 'shape', shape, ['vector', 'square'])
  const bucketShape = (size: number): number[] => {
    const side = Math.ceil(Math.sqrt(size))
    return shape === 'vector' ? [size] : [side, side]
  }
  const fill = (stacked: Stacked, workers: number): Stacked => {
    const flat = concat(
      Object.values(stacked).map((value) => reshape(value, [workers, value.size / workers])),
      1,
    )
    const wanted = bucketShape(flat.shape[1])
    const missing = sizeOf(wanted) - flat.shape[1]
    const filled =
      missing === 0
        ? flat
        : pad(flat, [
            [0, 0],
            [0, missing],
          ])
    return { bucket: reshape(filled, [workers, ...wanted]) }
  }
  /** [workers, bucket] → the tensors, each with the worker axis. */
  const cut = ({ bucket }: Stacked, shapes: Readonly<Record<string, readonly number[]>>): Stacked => {
    const workers = bucket.shape[0]
    const flat = reshape(bucket, [workers, bucket.size / workers])
    let at = 0
    return Object.fromEntries(
      Object.entries(shapes).map(([name, own]) => {
        const begin = at
        at += sizeOf(own)
        return [name, reshape(slice(flat, [undefined, [begin, at]]), [workers, ...own])]
      }),
    )
  }
  return {
    name: `${compressor.name}, all tensors as one ${shape === 'vector' ? 'vector' : 'square matrix'}`,
    properties: compressor.properties,
    init(params, workers) {
      const size = Object.values(params).reduce((total, value) => total + value.size, 0)
      const backend = Object.values(params)[0]?.backend
      const bucket = zeros(bucketShape(size), backend === undefined ? {} : { backend })
      return compressor.init?.({ bucket }, workers) ?? { json: null, tensors: {} }
    },
    async exchange(messages, context) {
      const { run, link } = context
      const shapes = shapesOf(messages)
      const buckets = run(() => fill(messages, link.localWorkers))
      const result = await compressor.exchange(buckets, context)
      const received = run((): Params => {
        const { bucket } = result.received
        const parts = cut({ bucket: reshape(bucket, [1, ...bucket.shape]) }, shapes)
        return mapParams(parts, (value) => reshape(value, value.shape.slice(1)))
      })
      const { compressed } = result
      return {
        received,
        sent: () => cut(result.sent(), shapes),
        state: result.state,
        ...(compressed === undefined ? {} : { compressed: run(() => cut(compressed, shapes)) }),
      }
    },
  }
}
