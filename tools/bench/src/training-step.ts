import {
  dispose,
  scope,
  setDefaultBackend,
  valueAndGrad,
  type Backend,
  type Optimizer,
  type Params,
  type Tensor,
  type Tree,
} from '@lemanic/tensor-core'
import type { Bench } from './bench.js'

/** A training step of fixed shapes: parameters, an optimizer, and one batch that is used again and again. */
export interface TrainingStep<Batch extends Tree> {
  readonly params: Params
  readonly batch: Batch
  readonly optimizer: Optimizer
  loss(params: Params, batch: Batch): Tensor
}

/** A bench of training steps; `build` makes parameters and batch on the backend. */
export function trainingBench<Batch extends Tree>(
  options: Omit<Bench, 'prepare' | 'memory'>,
  build: (backend: Backend) => TrainingStep<Batch>,
): Bench {
  return { ...options, memory: true, prepare: (backend) => prepareStep(backend, build) }
}

/**
 * How every training bench runs its step: an iteration is one step, and reads the loss as a user's loop does. The one
 * place that decides whether steps run eagerly or are recorded once and replayed.
 */
function prepareStep<Batch extends Tree>(
  backend: Backend,
  build: (backend: Backend) => TrainingStep<Batch>,
): () => void {
  setDefaultBackend(backend)
  const { params, batch, loss, optimizer } = build(backend)
  const lossAndGradients = valueAndGrad(loss)
  let state = { params, optimizer: optimizer.init(params) }
  let steps = 0
  return () => {
    const former = state
    state = scope(() => {
      const { loss: value, grads } = lossAndGradients(former.params, batch)
      const next = optimizer.update(grads, former.optimizer, former.params, steps++)
      value.item()
      return { params: next.params, optimizer: next.state }
    })
    dispose(former)
  }
}
