import { recordingDepth } from './recording.js'
import { adopt } from './scope.js'
import { Tensor } from './tensor.js'
import type { Operation, TapeNode } from './tape-node.js'

let nextId = 1

/** Puts a call on the tape if a gradient is being recorded and one of the inputs takes part in it. */
export function record<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  attributes: Attributes,
): void {
  if (recordingDepth() === 0) return
  for (const input of inputs) {
    if (input.node !== undefined) {
      const node: TapeNode = { id: nextId++, operation: operation as Operation<never>, inputs, outputs, attributes }
      for (const output of outputs) if (output.dtype === 'float32') output.node = node
      return
    }
  }
}

const identity: Operation<undefined> = {
  name: 'identity',
  infer: (inputs) => [inputs[0]!],
  gradient: ({ gradients }) => gradients,
}

/** A second tensor on the same buffer that gradients can be taken with respect to. */
export function variable(source: Tensor): Tensor {
  const result = shareBuffer(source, source.shape)
  const isInner = source.node !== undefined
  result.node = {
    id: nextId++,
    operation: isInner ? (identity as Operation<never>) : undefined,
    inputs: isInner ? [source] : [],
    outputs: [result],
    attributes: undefined,
  }
  return result
}

/** A second tensor on the same buffer that can be disposed by itself; on the tape where the first one is. */
export function alias(source: Tensor): Tensor {
  const result = shareBuffer(source, source.shape)
  record(identity, [source], [result], undefined)
  return result
}

/** A second tensor on the same buffer, off the tape. */
export function shareBuffer(source: Tensor, shape: readonly number[]): Tensor {
  return adopt(new Tensor(source.buffer().retain(), shape, source.dtype))
}
