import { meanRow, type Rows } from '../rows/rows.js'

/** Coordinate-wise mean and standard deviation of the rows, each one row. `correction` 1 divides by n − 1 (0: by n). */
export function momentsOfRows(rows: Rows, correction: 0 | 1): { mean: Rows; deviation: Rows } {
  const mean = meanRow(rows)
  const centered = rows.add(mean, -1)
  const divisor = Math.max(1, rows.count - correction)
  const variance = centered.multiply(centered).mix([new Float64Array(rows.count).fill(1 / divisor)])
  return { mean, deviation: variance.sqrt() }
}
