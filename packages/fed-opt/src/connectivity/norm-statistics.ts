import {
  add,
  keep,
  mapParams,
  multiply,
  reshape,
  scope,
  square,
  subtract,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'

/** Mean and variance (divided by n) of each channel over one batch. */
export interface BatchStatistics {
  readonly mean: Tensor
  readonly variance: Tensor
  /** Values a channel that they are of. */
  readonly count: number
}

export interface RecomputeOptions<Batch> {
  readonly params: Params
  readonly batches: readonly Batch[]
  /**
   * Runs the network on a batch, normalizing with the batch's own statistics, and hands those of every norm layer to
   * `collect` under the names of its two parameters.
   */
  readonly forward: (
    params: Params,
    batch: Batch,
    collect: (names: { readonly mean: string; readonly variance: string }, statistics: BatchStatistics) => void,
  ) => void
}

/**
 * The parameters with the running statistics of their norm layers measured anew, over all batches together. Averaged
 * weights do not have averaged statistics: without this a mix of networks with batch norm is measured with wrong ones, and
 * part of its barrier is theirs. Variances of the batches are joined by the law of total variance and divided by n − 1, as
 * PyTorch's running ones.
 *
 * Izmailov et al., 2018 (arXiv 1803.05407), section 3.3; Jordan et al., "REPAIR", 2023 (arXiv 2211.08403).
 */
export function recomputeStatistics<Batch>(options: RecomputeOptions<Batch>): Params {
  const { params, batches, forward } = options
  if (batches.length === 0) throw argumentError('recomputeStatistics', 'batches: expected at least one, got none')
  return scope(() => {
    const sums = new Map<string, { variance: string; count: number; mean: Tensor; squares: Tensor }>()
    for (const batch of batches) {
      scope(() =>
        forward(params, batch, ({ mean: meanName, variance: varianceName }, { mean, variance, count }) => {
          for (const [name, value] of [
            [meanName, mean],
            [varianceName, variance],
          ] as const) {
            const own = params[name]
            if (own === undefined || own.shape.join() !== value.shape.join())
              throw argumentError(
                'recomputeStatistics',
                own === undefined
                  ? `there is no parameter "${name}"`
                  : `"${name}": expected shape [${own.shape.join(', ')}], got [${value.shape.join(', ')}]`,
              )
          }
          const before = sums.get(meanName)
          const weighted = multiply(mean, count)
          const squares = multiply(add(variance, square(mean)), count)
          sums.set(meanName, {
            variance: varianceName,
            count: (before?.count ?? 0) + count,
            mean: keep(before === undefined ? weighted : add(before.mean, weighted)),
            squares: keep(before === undefined ? squares : add(before.squares, squares)),
          })
          before?.mean.dispose()
          before?.squares.dispose()
        }),
      )
    }
    const fresh = new Map<string, Tensor>()
    for (const [name, { variance, count, mean, squares }] of sums) {
      if (count < 2)
        throw argumentError('recomputeStatistics', `"${name}": expected two values a channel or more, got ${count}`)
      const centre = multiply(mean, 1 / count)
      fresh.set(name, centre)
      fresh.set(variance, multiply(subtract(multiply(squares, 1 / count), square(centre)), count / (count - 1)))
      mean.dispose()
      squares.dispose()
    }
    return mapParams(params, (value, name) => fresh.get(name) ?? reshape(value, value.shape))
  })
}
