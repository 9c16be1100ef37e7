import type { Backend, Kernel } from './backend.js'
import { argumentError } from './errors.js'
import { record } from './record.js'
import { adopt } from './scope.js'
import { Storage, Tensor } from './tensor.js'
import type { Operation } from './tape-node.js'

/** The backend all inputs live on; an error when they are on several. */
export function commonBackend(operation: string, inputs: readonly Tensor[]): Backend {
  const backend = (inputs[0] as Tensor).backend
  for (const input of inputs) {
    if (input.backend !== backend) {
      throw argumentError(
        operation,
        `one input lives on backend "${backend.name}", another on "${input.backend.name}"`,
        {
          help: 'move one of them: tensor(await x.data(), x.shape, { backend })',
        },
      )
    }
  }
  return backend
}

/**
 * Runs an operation: shape rule, then the backend's kernel (or the composition where it has none), then the tape.
 * `backend` is needed only by operations without inputs.
 */
export function run<Attributes>(
  operation: Operation<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
  backend: Backend = commonBackend(operation.name, inputs),
): readonly Tensor[] {
  const specs = operation.infer(inputs, attributes)
  const kernel = (backend.kernels as Readonly<Record<string, Kernel<Attributes> | undefined>>)[operation.name]
  if (kernel === undefined) {
    if (operation.compose !== undefined) return operation.compose(inputs, attributes)
    throw argumentError(operation.name, `backend "${backend.name}" has no kernel of this name`)
  }
  const handles = kernel(inputs, attributes, specs)
  const outputs: Tensor[] = []
  for (let i = 0; i < specs.length; i++) {
    const spec = specs[i]!
    outputs.push(adopt(new Tensor(new Storage(backend, handles[i]!), spec.shape, spec.dtype)))
  }
  record(operation, inputs, outputs, attributes)
  return outputs
}
