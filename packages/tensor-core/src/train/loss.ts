import { argumentError } from '../errors.js'
import type { Params } from '../params/params.js'
import { formatShape } from '../shape.js'
import { isTensor, type Tensor } from '../tensor.js'
import type { Context } from './context.js'

/** Named numbers, as reports and checkpoints hold them. */
export type Metrics = Readonly<Record<string, number>>

/** The scalar to minimise, alone or with further scalars that are reported as metrics. */
export type TrainLoss = Tensor | { readonly loss: Tensor; readonly aux: Readonly<Record<string, Tensor | number>> }

/** From a model's prediction to the loss of a batch: the mean over its examples, so that micro-batches can be averaged. */
export type LossFunction<Batch, Output> = (output: Output, batch: Batch, context: Context, params: Params) => TrainLoss

/** Reads scalars to the host. */
export async function readMetrics(
  aux: Readonly<Record<string, Tensor | number>> | undefined,
): Promise<Record<string, number>> {
  const metrics: Record<string, number> = {}
  for (const [name, value] of Object.entries(aux ?? {})) {
    if (isTensor(value) && value.size !== 1) {
      throw argumentError(
        'train',
        `the loss returned "${name}" of shape ${formatShape(value.shape)} beside the loss; expected scalars`,
        { help: 'reduce it, for instance with mean(x)' },
      )
    }
    metrics[name] = isTensor(value) ? Number((await value.data())[0]) : value
  }
  return metrics
}
