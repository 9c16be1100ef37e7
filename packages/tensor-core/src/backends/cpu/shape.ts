import type { Shape } from '../../backend.js'
import { encodeAs } from './cast.js'
import type { CpuKernels, HostArray } from './host-array.js'
import { broadcastStrides, forEachRow, stridesOf, type Walk } from './strides.js'

/** Copies the elements that two walks over `shape` meet. */
function copy(shape: Shape, from: HostArray, fromWalk: Walk, to: HostArray, toWalk: Walk): void {
  const source = from.values
  const target = to.values
  forEachRow(shape, [fromWalk, toWalk], (length, offsets, steps) => {
    let [i, k] = offsets
    const [di, dk] = steps
    for (let n = 0; n < length; n++, i += di, k += dk) target[k] = source[i]
  })
}

const dense = (array: HostArray): Walk => ({ strides: stridesOf(array.shape) })

/** A walk over `array` that starts at the index `begin` and takes every `steps`-th element of an axis. */
function window(array: HostArray, begin: readonly number[], steps?: readonly number[]): Walk {
  const strides = stridesOf(array.shape)
  const offset = begin.reduce((sum, start, axis) => sum + start * strides[axis], 0)
  return { strides: steps ? strides.map((stride, axis) => stride * steps[axis]) : strides, offset }
}

export const shapeKernels = {
  transpose: ([x], { permutation }, [y]) => {
    const strides = stridesOf(x.shape)
    copy(y.shape, x, { strides: permutation.map((axis) => strides[axis]) }, y, dense(y))
  },
  broadcastTo: ([x], { shape }, [y]) => copy(shape, x, { strides: broadcastStrides(x.shape, shape) }, y, dense(y)),
  slice: ([x], { begin, strides }, [y]) => copy(y.shape, x, window(x, begin, strides), y, dense(y)),
  sliceGradient: ([g], { begin, strides }, [dx]) => copy(g.shape, g, dense(g), dx, window(dx, begin, strides)),
  pad: ([x], { before, value }, [y]) => {
    y.values.fill(encodeAs(y.dtype, value))
    copy(x.shape, x, dense(x), y, window(y, before))
  },
  flip: ([x], { axes }, [y]) => {
    const reversed = x.shape.map((_, axis) => axes.includes(axis))
    const last = x.shape.map((length, axis) => (reversed[axis] ? length - 1 : 0))
    const steps = reversed.map((yes) => (yes ? -1 : 1))
    copy(y.shape, x, window(x, last, steps), y, dense(y))
  },
  concat: (inputs, { axis }, [y]) => {
    const begin = y.shape.map(() => 0)
    for (const x of inputs) {
      copy(x.shape, x, dense(x), y, window(y, begin))
      begin[axis] += x.shape[axis]
    }
  },
} satisfies Partial<CpuKernels>
