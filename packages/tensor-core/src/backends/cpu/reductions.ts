import type { Shape } from '../../backend.js'
import type { DType } from '../../dtype.js'
import { shapeError } from '../../errors.js'
import { formatShape } from '../../shape.js'
import type { CpuKernel, CpuKernels } from './host-array.js'
import { broadcastStrides, forEachRow, splitAt, stridesOf } from './strides.js'

type Axes = { readonly axes: readonly number[] }
type Combine = (accumulated: number, value: number) => number

/** The shape with reduced axes kept as 1: the result broadcasts against the input through it. */
function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
}

/** Accumulates in double precision from `start` and rounds once. */
function reduce(start: (dtype: DType) => number, combine: (dtype: DType) => Combine): CpuKernel<Axes> {
  return ([x], { axes }, [y]) => {
    const accumulate = combine(x.dtype)
    const { values } = x
    const result = new Float64Array(y.values.length).fill(start(x.dtype))
    const walks = [{ strides: stridesOf(x.shape) }, { strides: broadcastStrides(keptShape(x.shape, axes), x.shape) }]
    forEachRow(x.shape, walks, (length, offsets, steps) => {
      let [i, k] = offsets
      const [di, dk] = steps
      if (dk === 0) {
        let accumulated = result[k]
        for (let n = 0; n < length; n++, i += di) accumulated = accumulate(accumulated, values[i])
        result[k] = accumulated
      } else {
        for (let n = 0; n < length; n++, i += di, k += dk) result[k] = accumulate(result[k], values[i])
      }
    })
    y.values.set(result)
  }
}

const lowest = (dtype: DType) => (dtype === 'float32' ? -Infinity : dtype === 'int32' ? -(2 ** 31) : 0)
const highest = (dtype: DType) => (dtype === 'float32' ? Infinity : dtype === 'int32' ? 2 ** 31 - 1 : 1)

/** The position of the best value along an axis; `wins(candidate, best)` must be false for equals. */
function position(wins: (candidate: number, best: number) => boolean): CpuKernel<{ readonly axis: number }> {
  return ([x], { axis }, [y]) => {
    const { outer, length, inner } = splitAt(x.shape, axis)
    if (length === 0 && outer * inner > 0) {
      throw shapeError(
        'argMax or argMin',
        `axis ${axis} of ${formatShape(x.shape)} is empty: it has no largest or smallest value`,
      )
    }
    for (let o = 0; o < outer; o++) {
      for (let i = 0; i < inner; i++) {
        const start = o * length * inner + i
        let best = 0
        for (let n = 1; n < length; n++) {
          if (wins(x.values[start + n * inner], x.values[start + best * inner])) best = n
        }
        y.values[o * inner + i] = best
      }
    }
  }
}

const cumulativeSum: CpuKernels['cumulativeSum'] = ([x], { axis, exclusive, reverse }, [y]) => {
  const { outer, length, inner } = splitAt(x.shape, axis)
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0
      for (let n = 0; n < length; n++) {
        const at = (o * length + (reverse ? length - 1 - n : n)) * inner + i
        const value = x.values[at]
        y.values[at] = exclusive ? sum : sum + value
        sum += value
      }
    }
  }
}

export const reductionKernels = {
  sum: reduce(
    () => 0,
    () => (sum, value) => sum + value,
  ),
  prod: reduce(
    () => 1,
    (dtype) => (dtype === 'int32' ? Math.imul : (product, value) => product * value),
  ),
  max: reduce(lowest, () => Math.max),
  min: reduce(highest, () => Math.min),
  argMax: position((candidate, best) => candidate > best || (Number.isNaN(candidate) && !Number.isNaN(best))),
  argMin: position((candidate, best) => candidate < best || (Number.isNaN(candidate) && !Number.isNaN(best))),
  cumulativeSum,
} satisfies Partial<CpuKernels>
