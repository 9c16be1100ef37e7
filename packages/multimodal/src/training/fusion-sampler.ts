import { randomPermutation, type RandomKey, type Sampler } from '@lemanic/tensor-core'
import { batchOf, type SampleWeights } from '../data/batch.js'
import type { MultimodalData } from '../data/multimodal-data.js'
import type { FusionBatch, FusionModel } from '../fusion/fusion-model.js'
import { invalid } from '../names.js'

export interface FusionSamplerOptions {
  readonly model: FusionModel
  readonly data: MultimodalData
  /** At most the number of rows. */
  readonly batchSize: number
  readonly key: RandomKey
  readonly weights?: SampleWeights
  /** False: batches follow the rows, every epoch alike, as the reference code's loaders. Default true. */
  readonly shuffle?: boolean
}

/** Orders that an epoch with random orders draws from: few, so that steps recorded for an order are used again. */
const ordersAnEpoch = 6

/**
 * Epochs of all rows in batches of one size; the rows left over at the end of an epoch wait for the next shuffle. Where the
 * model's order is random each batch has one of six orders that are drawn anew for each epoch.
 */
export function fusionSampler(
  options: FusionSamplerOptions,
): Sampler<FusionBatch> & { readonly stepsPerEpoch: number } {
  const { model, data, batchSize, key, weights, shuffle = true } = options
  if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > data.rows)
    throw invalid('fusionSampler', `batchSize: expected a whole number from 1 to ${data.rows} (rows), got ${batchSize}`)
  const stepsPerEpoch = Math.floor(data.rows / batchSize)
  let taken = 0
  let cached: { epoch: number; rows: Int32Array } | undefined
  const rowsOfEpoch = (epoch: number): Int32Array => {
    if (cached?.epoch !== epoch) {
      const rows = shuffle
        ? randomPermutation(key.foldIn(epoch), data.rows)
        : Int32Array.from({ length: data.rows }, (_, row) => row)
      cached = { epoch, rows }
    }
    return cached.rows
  }
  const orderOf = (epoch: number, step: number): string[] | undefined => {
    if (model.order !== 'random') return undefined
    const order = key
      .foldIn('orders')
      .foldIn(epoch)
      .foldIn(step % ordersAnEpoch)
    return Array.from(randomPermutation(order, model.modalities.length), (at) => model.modalities[at])
  }
  return {
    stepsPerEpoch,
    next() {
      const [epoch, step] = [Math.floor(taken / stepsPerEpoch), taken % stepsPerEpoch]
      taken += 1
      const order = orderOf(epoch, step)
      return batchOf(model, data, rowsOfEpoch(epoch).subarray(step * batchSize, (step + 1) * batchSize), {
        ...(weights === undefined ? {} : { weights }),
        ...(order === undefined ? {} : { order }),
      })
    },
    state: () => ({ json: { taken, rows: data.rows, batchSize }, tensors: {} }),
    restore({ json }) {
      const saved = json as { readonly taken?: unknown; readonly rows?: unknown; readonly batchSize?: unknown } | null
      if (
        saved === null ||
        !Number.isInteger(saved.taken) ||
        saved.rows !== data.rows ||
        saved.batchSize !== batchSize
      ) {
        throw invalid(
          'fusionSampler',
          `expected the state of a sampler of ${data.rows} rows in batches of ${batchSize}, got ${JSON.stringify(json)}`,
        )
      }
      taken = saved.taken as number
    },
  }
}
