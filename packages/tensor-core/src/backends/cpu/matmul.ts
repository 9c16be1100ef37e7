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
    const factors = a.subarray(row * depth, (row + 1) * depth)
    let k = 0
    for (; k + 4 <= depth; k += 4) addFourRows(sums, factors, b, k)
    for (; k < depth; k++) addRow(sums, factors[k], b, k * columns)
    result.set(sums, next + row * columns)
  }
  return next + rows * columns
}

function addRow(sums: Float64Array, factor: number, b: Float32Array, start: number): void {
  for (let column = 0; column < sums.length; column++) sums[column] += factor * b[start + column]
}

/** Rows k … k + 3 of b at once: three times as fast, because the sums travel to memory and back once. */
function addFourRows(sums: Float64Array, factors: Float32Array, b: Float32Array, k: number): void {
  const columns = sums.length
  const [f0, f1, f2, f3] = [factors[k], factors[k + 1], factors[k + 2], factors[k + 3]]
  const [r0, r1, r2, r3] = [k * columns, (k + 1) * columns, (k + 2) * columns, (k + 3) * columns]
  for (let c = 0; c < columns; c++) sums[c] += f0 * b[r0 + c] + f1 * b[r1 + c] + f2 * b[r2 + c] + f3 * b[r3 + c]
}

export const matmulKernels = { matmul } satisfies Partial<CpuKernels>
