import { argumentError } from '../errors.js'
import { scaleParams } from '../params/arithmetic.js'
import { disposeParams } from '../params/lifetime.js'
import type { Params } from '../params/params.js'
import { dispose, scope } from '../scope.js'
import type { Context } from './context.js'
import { readMetrics } from './loss.js'
import type { TrainOptions } from './options.js'
import type { StepFunctions, Sums } from './step-functions.js'

/** Mean gradient of one worker over its micro-batches. */
export interface WorkerGradient {
  readonly loss: number
  readonly grads: Params
  readonly metrics: Readonly<Record<string, number>>
  readonly examples: number
  readonly tokens: number
}

/**
 * Averages loss, gradients and metrics over the micro-batches of one worker. Of all tensors made, the gradients that
 * it returns stay alive.
 */
export async function workerGradient<Batch, Output>(
  options: TrainOptions<Batch, Output>,
  functions: StepFunctions<Batch, Output>,
  params: Params,
  context: Context,
  worker: number,
): Promise<WorkerGradient> {
  const { sampler, measure, accumulate = 1 } = options
  const metrics: Record<string, number> = {}
  let [loss, examples, tokens] = [0, 0, 0]
  let total: Params | undefined

  const compute = (batch: Batch, microBatch: number): Sums => {
    if (batch instanceof Promise) {
      throw argumentError('train', 'sampler: expected next() to return a batch, it returned a promise', {
        help: 'read ahead of time, or synchronously',
      })
    }
    const size = measure?.(batch)
    examples += size?.examples ?? 0
    tokens += size?.tokens ?? 0
    return functions.gradient(params, batch, { ...context, key: context.key.foldIn(microBatch) }, total)
  }

  try {
    for (let microBatch = 0; microBatch < accumulate; microBatch += 1) {
      const sums = scope(() => compute(sampler.next(context.step, { microBatch, worker }), microBatch))
      if (total !== undefined) disposeParams(total)
      total = sums.grads
      try {
        loss += Number((await sums.loss.data())[0]) / accumulate
        for (const [name, value] of Object.entries(await readMetrics(sums.aux)))
          metrics[name] = (metrics[name] ?? 0) + value / accumulate
      } finally {
        dispose([sums.loss, sums.aux])
      }
    }
    const grads = total as Params
    if (accumulate === 1) return { loss, grads, metrics, examples, tokens }
    const averaged = scaleParams(grads, 1 / accumulate)
    disposeParams(grads)
    return { loss, grads: averaged, metrics, examples, tokens }
  } catch (error) {
    if (total !== undefined) disposeParams(total)
    throw error
  }
}
