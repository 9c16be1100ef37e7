import type { OperationAttributes, OperationName, Spec } from '../backend.js'
import type { DType } from '../dtype.js'
import { shapeError } from '../errors.js'
import type { Operation } from '../tape-node.js'
import { formatShape } from '../shape.js'

/** An operation of the backend table. */
export type Primitive<Name extends OperationName> = Operation<OperationAttributes[Name]> & { readonly name: Name }

/** Throws unless the spec has one of the dtypes. */
export function expectDType(operation: string, spec: Spec, ...allowed: readonly DType[]): void {
  if (!allowed.includes(spec.dtype)) {
    throw shapeError(
      operation,
      `expected ${allowed.join(' or ')}, got ${spec.dtype} of shape ${formatShape(spec.shape)}; use cast(x, '${allowed[0]}')`,
      {
        dtype: spec.dtype,
      },
    )
  }
}

/** Throws unless the spec has the rank. */
export function expectRank(operation: string, what: string, spec: Spec, rank: number): void {
  if (spec.shape.length !== rank) {
    throw shapeError(operation, `${what} must have ${rank} axes, got shape ${formatShape(spec.shape)}`, {
      shape: spec.shape,
    })
  }
}
