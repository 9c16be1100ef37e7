import type { Backend, Kernel, OperationAttributes, OperationName, Spec } from '../backend.js'
import { argumentError } from '../errors.js'
import type { HostValues } from './host-values.js'

/** Calls one kernel of a backend directly, below shape rules and tape; frees all that it made. */
export function callKernel<Name extends OperationName>(
  backend: Backend,
  name: Name,
  inputs: readonly HostValues[],
  attributes: OperationAttributes[Name],
  outputs: readonly Spec[],
): HostValues[] {
  const kernel = backend.kernels[name] as Kernel<OperationAttributes[Name]> | undefined
  if (kernel === undefined) throw argumentError('callKernel', `backend "${backend.name}" has no kernel ${name}`)
  const operands = inputs.map((input) => ({ ...input, handle: backend.write(input.values, input) }))
  try {
    const handles = kernel(operands, attributes, outputs)
    return handles.map((handle, i) => {
      const spec = outputs[i]!
      const values = backend.read(handle, spec)
      backend.free(handle)
      return { ...spec, values }
    })
  } finally {
    for (const { handle } of operands) backend.free(handle)
  }
}
