import { LemanicError } from '@lemanic/tensor-core'
import type { OrderOptions, ScheduledOrder } from './data-order.js'
import { checkGradients, type GradientTable } from './gradient-table.js'
import { fixedOrder } from './incremental-gradient.js'
import { sortedBy } from './label-sorted.js'

/**
 * Incremental gradient by gradient, an adversary: units that pull the same way come one after another.
 *
 * Units are sorted by ⟨gradient − mean, direction⟩. Without a `direction` it is the first principal direction of the
 * centred gradients (power iteration, 100 rounds from the unit of largest norm), the one along which prefix sums can be
 * driven farthest; its sign is such that its largest entry is positive.
 */
export function gradientSortedOrder(
  options: Omit<OrderOptions, 'size'> & {
    readonly gradients: GradientTable
    readonly direction?: ArrayLike<number>
  },
): ScheduledOrder {
  const { gradients, direction } = options
  checkGradients('gradient-sorted', gradients)
  const { size, dimension } = gradients
  if (direction !== undefined && direction.length !== dimension) {
    throw new LemanicError(
      'invalid-argument',
      `gradient-sorted: expected "direction" to have ${dimension} entries as the gradients, got ${direction.length}`,
      { fields: { dimension, got: direction.length } },
    )
  }
  return fixedOrder('gradient-sorted', { ...options, size }, () => {
    const centred = centre(gradients)
    return sortedBy(project(centred, size, dimension, direction ?? principalDirection(centred, size, dimension)))
  })
}

function centre({ values, size, dimension }: GradientTable): Float64Array {
  const mean = new Float64Array(dimension)
  for (let at = 0; at < size * dimension; at++) mean[at % dimension]! += values[at]! / size
  return Float64Array.from({ length: size * dimension }, (_, at) => values[at]! - mean[at % dimension]!)
}

function project(rows: Float64Array, size: number, dimension: number, direction: ArrayLike<number>): Float64Array {
  const result = new Float64Array(size)
  for (let unit = 0, at = 0; unit < size; unit++) {
    for (let k = 0; k < dimension; k++) result[unit]! += rows[at++]! * direction[k]!
  }
  return result
}

function principalDirection(rows: Float64Array, size: number, dimension: number): Float64Array {
  let longest = 0
  let most = -1
  for (let unit = 0; unit < size; unit++) {
    let square = 0
    for (let k = 0; k < dimension; k++) square += rows[unit * dimension + k]! ** 2
    if (square > most) [most, longest] = [square, unit]
  }
  let direction = rows.slice(longest * dimension, (longest + 1) * dimension)
  for (let round = 0; round < 100; round++) {
    const weights = project(rows, size, dimension, direction)
    const next = new Float64Array(dimension)
    for (let unit = 0; unit < size; unit++) {
      for (let k = 0; k < dimension; k++) next[k]! += weights[unit]! * rows[unit * dimension + k]!
    }
    const length = Math.hypot(...next)
    if (!(length > 0)) break // all gradients are equal: nothing to sort by
    direction = next.map((value) => value / length)
  }
  const largest = direction.reduce((best, value, k) => (Math.abs(value) > Math.abs(direction[best]!) ? k : best), 0)
  return direction[largest]! < 0 ? direction.map((value) => -value) : direction
}
