import { LemanicError } from '@lemanic/tensor-core'

/** The gradients of all units at one point of parameter space, row by row. */
export interface GradientTable {
  /** Units. */
  readonly size: number
  /** Entries of one gradient. */
  readonly dimension: number
  /** [size, dimension] in row-major order. */
  readonly values: ArrayLike<number>
}

/** Refuses a table whose values do not fill [size, dimension]. */
export function checkGradients(where: string, { size, dimension, values }: GradientTable): void {
  if (Number.isInteger(size) && Number.isInteger(dimension) && size >= 1 && dimension >= 1) {
    if (values.length === size * dimension) return
  }
  throw new LemanicError(
    'invalid-argument',
    `${where}: expected gradients of shape [size, dimension] with size and dimension of at least 1, got size ${size}, dimension ${dimension} and ${values.length} values`,
    { fields: { where, size, dimension, values: values.length }, help: 'lay the gradients row by row, one a unit' },
  )
}
