import type { Shape } from '../../backend.js'

/** Elements to step over per unit of each axis, in a dense row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride
    stride *= shape[axis]
  }
  return strides
}

/** Strides that read an array of `shape` as if it had the shape `target`: repeated axes get stride 0. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape)
  const missing = target.length - shape.length
  return target.map((_, axis) => (axis < missing || shape[axis - missing] === 1 ? 0 : own[axis - missing]))
}

/** How one operand moves when an index moves: its first offset and its step along every axis. */
export interface Walk {
  readonly strides: readonly number[]
  readonly offset?: number
}

/**
 * Visits all indices of `shape`, one row at a time: `visit(length, offsets, steps)` gets each operand's offset at the
 * start of the row and its step within it. Neighbouring axes that every operand crosses evenly are merged first, so
 * that the rows are as long as they can be. `offsets` is reused: read it, do not keep it.
 */
export function forEachRow(
  shape: Shape,
  walks: readonly Walk[],
  visit: (length: number, offsets: readonly number[], steps: readonly number[]) => void,
): void {
  if (shape.includes(0)) return
  const axes = mergeAxes(shape, walks)
  const row = axes.pop() ?? { length: 1, steps: walks.map(() => 0) }
  const offsets = walks.map((walk) => walk.offset ?? 0)
  const index = axes.map(() => 0)
  for (;;) {
    visit(row.length, offsets, row.steps)
    let axis = axes.length - 1
    for (; axis >= 0; axis--) {
      const { length, steps } = axes[axis]
      index[axis]++
      for (let k = 0; k < offsets.length; k++) offsets[k] += steps[k]
      if (index[axis] < length) break
      index[axis] = 0
      for (let k = 0; k < offsets.length; k++) offsets[k] -= steps[k] * length
    }
    if (axis < 0) return
  }
}

interface Axis {
  readonly length: number
  readonly steps: readonly number[]
}

function mergeAxes(shape: Shape, walks: readonly Walk[]): Axis[] {
  const merged: Axis[] = []
  shape.forEach((length, axis) => {
    if (length === 1) return
    const steps = walks.map((walk) => walk.strides[axis])
    const outer = merged.at(-1)
    if (outer?.steps.every((step, k) => step === steps[k] * length)) {
      merged[merged.length - 1] = { length: outer.length * length, steps }
    } else {
      merged.push({ length, steps })
    }
  })
  return merged
}

/** An array seen as [outer, axis, inner] around one of its axes. */
export function splitAt(shape: Shape, axis: number): { outer: number; length: number; inner: number } {
  const product = (part: Shape) => part.reduce((size, length) => size * length, 1)
  return { outer: product(shape.slice(0, axis)), length: shape[axis], inner: product(shape.slice(axis + 1)) }
}
