import type { Shape } from './backend.js'
import { argumentError, shapeError } from './errors.js'

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (const length of shape) size *= length
  return size
}

/** `[2, 3]` as text. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

export function shapesEqual(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** The shape that NumPy's broadcasting gives; throws when an axis differs and is not 1. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  if (b.length === 0 || shapesEqual(a, b)) return a
  if (a.length === 0) return b
  const rank = Math.max(a.length, b.length)
  const result = new Array<number>(rank)
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1
    const right = b[b.length - rank + i] ?? 1
    if (left !== right && left !== 1 && right !== 1) {
      throw shapeError(operation, `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast`, { a, b })
    }
    result[i] = left === 1 ? right : left
  }
  return result
}

/** Axis counted from the front; −1 is the last. */
export function normalizeAxis(operation: string, axis: number, rank: number): number {
  const result = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(axis) || result < 0 || result >= rank) {
    throw argumentError(operation, `axis ${axis} does not exist in a tensor of rank ${rank}`)
  }
  return result
}

/** Sorted distinct axes counted from the front; undefined means all. */
export function normalizeAxes(operation: string, axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i)
  const list = typeof axes === 'number' ? [axes] : axes
  const result = list.map((axis) => normalizeAxis(operation, axis, rank)).sort((a, b) => a - b)
  for (let i = 1; i < result.length; i++) {
    if (result[i] === result[i - 1]) throw argumentError(operation, `axis ${result[i]} is named twice`)
  }
  return result
}

/** Shape after a reduction over `axes` (normalized). */
export function reducedShape(shape: Shape, axes: readonly number[], keepDimensions: boolean): Shape {
  if (keepDimensions) return shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  return shape.filter((_, axis) => !axes.includes(axis))
}

/** Throws unless every length is a non-negative integer. */
export function checkShape(operation: string, shape: Shape): void {
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0) {
      throw shapeError(operation, `a shape holds non-negative whole numbers, got ${formatShape(shape)}`, { shape })
    }
  }
}
