import {
  compile,
  disposeParams,
  scope,
  stackParams,
  valueAndGrad,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'

/** Every worker's gradient, one worker after another: for models that cannot be repeated along an axis. */
export function oneByOne(
  workers: number,
  loss: (params: Params, inputs: Tensor, targets: Tensor) => Tensor,
  batchOf: (step: number, worker: number) => { readonly inputs: Tensor; readonly targets: Tensor },
) {
  const lossAndGradients = valueAndGrad(loss)
  const one = compile((params: Params, inputs: Tensor, targets: Tensor) => {
    const { loss: value, grads } = lossAndGradients(params, inputs, targets)
    return { value, grads }
  })
  return {
    gradients(params: Params, step: number) {
      const parts: Params[] = []
      let total = 0
      for (let worker = 0; worker < workers; worker++) {
        const { value, grads } = scope(() => {
          const { inputs, targets } = batchOf(step, worker)
          return one(params, inputs, targets)
        })
        total += value.item()
        value.dispose()
        parts.push(grads)
      }
      const gradients = stackParams(parts)
      parts.forEach(disposeParams)
      return { loss: total / workers, gradients }
    },
    dispose: () => one.dispose(),
  }
}
