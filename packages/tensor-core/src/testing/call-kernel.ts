import type { Backend, Kernel, OperationAttributes, OperationName, Shape, Spec } from '../backend.js'
import type { DataArray, DType } from '../dtype.js'
import { allocateArray } from '../dtype.js'
import { sizeOf } from '../shape.js'

/** Values on the host with their shape and dtype: the form in which test cases hold inputs and results. */
export interface HostValues extends Spec {
  readonly values: DataArray
}

/** Host values from plain numbers, row-major. 16-bit dtypes take raw bits. */
export function hostValues(shape: Shape, values: ArrayLike<number>, dtype: DType = 'float32'): HostValues {
  const array = allocateArray(dtype, sizeOf(shape))
  if (values.length !== array.length) throw new RangeError(`expected ${array.length} values for [${shape}], got ${values.length}`)
  array.set(values)
  return { shape, dtype, values: array }
}

/** Calls one kernel of a backend directly, below shape rules and tape; frees all that it made. */
export function callKernel<Name extends OperationName>(
  backend: Backend,
  name: Name,
  inputs: readonly HostValues[],
  attributes: OperationAttributes[Name],
  outputs: readonly Spec[],
): HostValues[] {
  const kernel = backend.kernels[name] as Kernel<OperationAttributes[Name]> | undefined
  if (kernel === undefined) throw new Error(`backend "${backend.name}" has no kernel ${name}`)
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
