import { asFloat32, type CpuKernels, type HostArray } from './host-array.js'
import { broadcastStrides, forEachRow } from './strides.js'

/** Products of matrices in the last two axes; sums are in double precision and rounded once. */
const matmul: CpuKernels['matmul'] = ([a, b], { transposeA, transposeB }, [y]) => {
  const left = matrices(a, transposeA)
  const right = matrices(b, transposeB)
  const batch = y.shape.slice(0, -2)
  const result = y.values
  let next = 0
  const walks = [left, right].map(({ batch: own }) => ({ strides: broadcastStrides(own, batch) }))
  forEachRow(batch, walks, (length, offsets, steps) => {
    let [i, j] = offsets
    for (let n = 0; n < length; n++, i += steps[0], j += steps[1]) {
      next = multiply(left, i, right, j, result as Float32Array, next)
    }
  })
}

interface Matrices {
  readonly values: Float32Array
  readonly batch: readonly number[]
  readonly rows: number
  readonly columns: number
}

/** The operand with its transposition carried out. */
function matrices(operand: HostArray, transposed: boolean): Matrices {
  const values = asFloat32(operand)
  const batch = operand.shape.slice(0, -2)
  const [rows, columns] = operand.shape.slice(-2)
  if (!transposed) return { values, batch, rows, columns }
  const turned = new Float32Array(values.length)
  const size = rows * columns
  for (let start = 0; start < values.length; start += size) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) turned[start + c * rows + r] = values[start + r * columns + c]
    }
  }
  return { values: turned, batch, rows: columns, columns: rows }
}

/** Writes the product of matrix `i` of `left` and `j` of `right` at `next`; returns where the following one goes. */
function multiply(left: Matrices, i: number, right: Matrices, j: number, result: Float32Array, next: number): number {
  const { rows, columns: depth } = left
  const { columns } = right
  const a = left.values.subarray(i * rows * depth, (i + 1) * rows * depth)
  const b = right.values.subarray(j * depth * columns, (j + 1) * depth * columns)
  const sums = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    sums.fill(0)
    for (let k = 0; k < depth; k++) {
      const factor = a[row * depth + k]
      const start = k * columns
      for (let column = 0; column < columns; column++) sums[column] += factor * b[start + column]
    }
    result.set(sums, next + row * columns)
  }
  return next + rows * columns
}

export const matmulKernels = { matmul } satisfies Partial<CpuKernels>
