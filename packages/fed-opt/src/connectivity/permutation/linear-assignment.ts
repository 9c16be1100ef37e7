import { argumentError } from '../../refuse.js'

/**
 * The assignment of rows to columns of a square cost matrix [n][n] with the least total cost: `result[row]` is the
 * column. O(n³).
 *
 * Kuhn 1955, Munkres 1957; in the form of shortest augmenting paths with potentials u, v (Jonker and Volgenant 1987):
 * reduced costs c − u − v stay ≥ 0, and each row in turn is added along the shortest path to a free column.
 *
 * Throws `invalid-argument` unless the matrix is square and finite.
 */
export function linearAssignment(cost: readonly ArrayLike<number>[]): Int32Array {
  const n = cost.length
  cost.forEach((row, i) => {
    if (row.length !== n)
      throw argumentError('linearAssignment', `expected a square matrix, got ${n} rows and row ${i} of ${row.length}`)
    for (let j = 0; j < n; j++)
      if (!Number.isFinite(row[j]))
        throw argumentError('linearAssignment', `expected finite costs, got ${row[j]} in row ${i}, column ${j}`)
  })
  const u = new Float64Array(n)
  const v = new Float64Array(n + 1)
  const rowOf = new Int32Array(n + 1).fill(-1) // the row that holds each column; column n is the start of a path
  const distance = new Float64Array(n + 1)
  const previous = new Int32Array(n + 1)
  const isDone = new Uint8Array(n + 1)
  for (let row = 0; row < n; row++) {
    rowOf[n] = row
    distance.fill(Infinity)
    isDone.fill(0)
    let column = n
    while (rowOf[column]! >= 0) {
      isDone[column] = 1
      const at = rowOf[column]!
      const costs = cost[at]!
      let nearest = -1
      let step = Infinity
      for (let j = 0; j < n; j++) {
        if (isDone[j] === 1) continue
        const reduced = costs[j]! - u[at]! - v[j]!
        if (reduced < distance[j]!) {
          distance[j] = reduced
          previous[j] = column
        }
        if (distance[j]! < step) {
          step = distance[j]!
          nearest = j
        }
      }
      for (let j = 0; j <= n; j++) {
        if (isDone[j] === 1) {
          u[rowOf[j]!]! += step
          v[j]! -= step
        } else distance[j]! -= step
      }
      column = nearest
    }
    while (column !== n) {
      const from = previous[column]!
      rowOf[column] = rowOf[from]!
      column = from
    }
  }
  const result = new Int32Array(n)
  for (let j = 0; j < n; j++) result[rowOf[j]!] = j
  return result
}
