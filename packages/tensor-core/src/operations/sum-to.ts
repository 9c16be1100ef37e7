import type { Shape } from '../backend.js'
import { shapesEqual } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { sum } from './reduction.js'
import { reshape } from './shaping.js'

/** Undoes a broadcast: sums over the axes along which `shape` was stretched to the shape of x. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (shapesEqual(x.shape, shape)) return x
  const extra = x.rank - shape.length
  const axes: number[] = []
  for (let axis = 0; axis < x.rank; axis++) {
    if (axis < extra || (shape[axis - extra] === 1 && x.shape[axis] !== 1)) axes.push(axis)
  }
  const reduced = axes.length === 0 ? x : sum(x, axes, { keepDimensions: true })
  return shapesEqual(reduced.shape, shape) ? reduced : reshape(reduced, shape)
}
