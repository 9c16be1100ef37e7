import { recordingDepth } from './recording.js'
import { isTensor, type Tensor } from './tensor.js'

/** Tensors born inside the innermost scopes, in order. */
const stack: Tensor[][] = []

/** Enters a new tensor into the current scope. Internal: called for each tensor that is made. */
export function adopt(tensor: Tensor): Tensor {
  const current = stack[stack.length - 1]
  if (current === undefined) tensor.watch()
  else current.push(tensor)
  return tensor
}

/**
 * Runs `body`, whose tensors enter no scope and are not watched for the collector: the caller disposes them. Internal: for
 * operands that live no longer than a call, which a scope or the collector would otherwise remember for much longer.
 */
export function unowned<Result>(body: () => Result): Result {
  stack.push([])
  try {
    return body()
  } finally {
    stack.pop()
  }
}

/** Calls `visit` for every tensor inside nested arrays, plain objects, maps and sets. */
export function visitTensors(value: unknown, visit: (tensor: Tensor) => void): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  if (isTensor(value)) visit(value)
  else if (Array.isArray(value) || value instanceof Set) for (const item of value) visitTensors(item, visit)
  else if (value instanceof Map) for (const item of value.values()) visitTensors(item, visit)
  else for (const item of Object.values(value)) visitTensors(item, visit)
}

/**
 * Runs `body` and gives back the memory of every tensor made inside, save those that it returns (anywhere inside
 * arrays, plain objects, maps and sets) or that were passed to `keep`. These belong to the enclosing scope, if any.
 * `body` must be synchronous. While a gradient is being recorded nothing is given back: the sweep may need it, and
 * the gradient function's own scope takes it over.
 */
export function scope<Result>(body: () => Result): Result {
  const tensors: Tensor[] = []
  const depth = stack.push(tensors)
  const kept = new Set<Tensor>()
  try {
    const result = body()
    if (result instanceof Promise) {
      throw new TypeError(
        'scope: the body returned a promise; scopes are synchronous, use `using` or dispose() in async code',
      )
    }
    visitTensors(result, (tensor) => kept.add(tensor))
    return result
  } finally {
    stack.length = depth - 1
    const outer = stack[depth - 2]
    const isRecording = recordingDepth() > 0
    for (const tensor of tensors) {
      if (!isRecording && !kept.has(tensor)) tensor.dispose()
      else if (outer !== undefined) outer.push(tensor)
      else if (!tensor.isDisposed) tensor.watch()
    }
  }
}

/** Takes a tensor (or all tensors inside a value) out of every scope: it lives until disposed or collected. */
export function keep<Value>(value: Value): Value {
  visitTensors(value, (tensor) => {
    for (const tensors of stack) {
      const index = tensors.lastIndexOf(tensor)
      if (index >= 0) {
        tensors.splice(index, 1)
        tensor.watch()
      }
    }
  })
  return value
}

/** Disposes every tensor inside nested arrays, plain objects, maps and sets. */
export function dispose(value: unknown): void {
  visitTensors(value, (tensor) => tensor.dispose())
}
