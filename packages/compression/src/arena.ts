import { isTensor, scope, type Tensor } from '@lemanic/tensor-core'

/** Calls `visit` for every tensor inside nested arrays and plain objects. */
function visitTensors(value: unknown, visit: (tensor: Tensor) => void): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  if (isTensor(value)) visit(value)
  else for (const item of Object.values(value)) visitTensors(item, visit)
}

/** Owns the tensors of asynchronous work, which no `scope` can span. */
export class Arena {
  readonly #tensors = new Set<Tensor>()

  /** Runs synchronous work in a scope and owns what it returns; what it was given stays its owner's. */
  run = <Result>(body: () => Result): Result => {
    const before = new Set<Tensor>()
    const result = scope(() => {
      const value = body()
      visitTensors(value, (tensor) => {
        if (tensor.isKept) before.add(tensor)
      })
      return value
    })
    visitTensors(result, (tensor) => {
      if (!before.has(tensor)) this.#tensors.add(tensor)
    })
    return result
  }

  /** Gives back everything but what `kept` holds; that is the caller's from here. */
  release(kept?: unknown): void {
    visitTensors(kept, (tensor) => this.#tensors.delete(tensor))
    for (const tensor of this.#tensors) tensor.dispose()
    this.#tensors.clear()
  }
}
