import { argumentError } from '../refuse.js'

/** How a tensor of a shape is seen as a matrix; undefined: it is not. Must keep the number of entries. */
export type MatrixShape = (
  name: string,
  shape: readonly number[],
) => readonly [rows: number, columns: number] | undefined

/**
 * A matrix is itself; of more axes all but the last are rows, which for convolution filters [height, width, in, out]
 * makes [height · width · in, out]. Vectors and scalars are no matrices.
 */
export const matrixShape: MatrixShape = (_, shape) => {
  if (shape.length < 2) return undefined
  const columns = shape[shape.length - 1]
  return [shape.slice(0, -1).reduce((product, length) => product * length, 1), columns]
}

/** Tensors of one matrix shape, whose factors are orthonormalised and kept together. */
export interface MatrixGroup {
  /** `rows x columns`. */
  readonly key: string
  readonly rows: number
  readonly columns: number
  /** min(rank, rows, columns). */
  readonly rank: number
  readonly names: readonly string[]
}

export interface MatrixPlan {
  readonly groups: readonly MatrixGroup[]
  /** Tensors that are sent as they are. */
  readonly whole: readonly string[]
}

export interface PlanOptions {
  readonly where: string
  readonly rank: number
  readonly minimumRate: number
  /** Numbers sent for a matrix of n × m at rank r are factors · r · (n + m). */
  readonly factors: number
  readonly matrixShape: MatrixShape
}

/** Compresses a tensor when it shrinks by more than the minimum rate: n·m / (factors · r · (n + m)) > minimumRate. */
export function planMatrices(shapes: Readonly<Record<string, readonly number[]>>, options: PlanOptions): MatrixPlan {
  const { where, rank, minimumRate, factors } = options
  const groups = new Map<string, MatrixGroup & { names: string[] }>()
  const whole: string[] = []
  for (const [name, ownShape] of Object.entries(shapes)) {
    const shape = options.matrixShape(name, ownShape)
    if (shape === undefined) {
      whole.push(name)
      continue
    }
    const [rows, columns] = shape
    const size = ownShape.reduce((product, length) => product * length, 1)
    if (rows * columns !== size) {
      throw argumentError(where, `matrixShape: expected ${size} entries for "${name}", got ${rows} × ${columns}`)
    }
    const r = Math.min(rank, rows, columns)
    if (!(rows * columns > minimumRate * factors * r * (rows + columns))) {
      whole.push(name)
      continue
    }
    const key = `${rows}x${columns}`
    const group = groups.get(key) ?? { key, rows, columns, rank: r, names: [] }
    group.names.push(name)
    groups.set(key, group)
  }
  return { groups: [...groups.values()], whole }
}
