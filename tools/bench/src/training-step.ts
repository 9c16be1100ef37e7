import {
  compile,
  dispose,
  dynamic,
  scope,
  setDefaultBackend,
  valueAndGrad,
  type Backend,
  type Optimizer,
  type Params,
  type Scalar,
  type State,
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
 * How every training bench runs its step: an iteration is one step, and reads the loss as a user's loop does. The step is
 * compiled, as `train` compiles it.
 */
function prepareStep<Batch extends Tree>(
  backend: Backend,
  build: (backend: Backend) => TrainingStep<Batch>,
): () => void {
  setDefaultBackend(backend)
  const { params, batch, loss, optimizer } = build(backend)
  const lossAndGradients = valueAndGrad(loss)
  const step = compile((before: Params, state: State, examples: Batch, n: Scalar) => {
    const { loss: value, grads } = lossAndGradients(before, examples)
    return { value, ...optimizer.update(grads, state, before, n) }
  })
  let former = { params, state: optimizer.init(params) }
  let steps = 0
  return () => {
    const { value, ...next } = scope(() => step(former.params, former.state, batch, dynamic(steps++)))
    value.item()
    dispose([former, value])
    former = next
  }
}
