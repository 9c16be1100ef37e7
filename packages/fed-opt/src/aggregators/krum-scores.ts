import { argumentError } from '../refuse.js'
import type { Rows } from '../rows/rows.js'

/** Throws unless 2f + 2 < n, which Krum's analysis needs. */
export function checkKrum(where: string, byzantine: number, count: number): void {
  if (2 * byzantine + 2 < count) return
  throw argumentError(where, `byzantine: ${byzantine} needs more than ${2 * byzantine + 2} rows, got ${count}`, {
    help: 'lower byzantine, or let more clients take part',
    fields: { byzantine, count },
  })
}

/**
 * Score of every row: the sum of its squared distances to its n − f − 2 nearest other rows. Rows in the order of their
 * scores; equal scores in the order of the rows.
 */
export function krumOrder(points: Rows, byzantine: number): { order: number[]; scores: Float64Array } {
  const neighbors = points.count - byzantine - 2
  const scores = Float64Array.from(points.pairwiseSquaredDistances(), (distances, i) =>
    distances
      .filter((_, j) => j !== i)
      .sort()
      .subarray(0, neighbors)
      .reduce((sum, distance) => sum + distance, 0),
  )
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b)
  return { order, scores }
}
