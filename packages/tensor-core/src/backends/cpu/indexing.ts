import { argumentError } from '../../errors.js'
import { formatShape } from '../../shape.js'
import type { CpuKernels, HostArray } from './host-array.js'
import { splitAt } from './strides.js'

/** Refuses indices outside 0 … length − 1, naming the first one. */
function checkIndices(indices: HostArray, length: number, operation: string): void {
  const { values } = indices
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0 || values[i] >= length) {
      throw argumentError(
        operation,
        `index ${values[i]} (position ${i} of indices of shape ${formatShape(indices.shape)}) is outside an axis of length ${length}`,
        { fields: { operation, index: values[i], position: i, length } },
      )
    }
  }
}

const gather: CpuKernels['gather'] = ([x, indices], { axis }, [y]) => {
  const { outer, length, inner } = splitAt(x.shape, axis)
  checkIndices(indices, length, 'gather')
  const count = indices.values.length
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < count; n++) {
      const from = (o * length + indices.values[n]) * inner
      y.values.set(x.values.subarray(from, from + inner), (o * count + n) * inner)
    }
  }
}

const scatterAdd: CpuKernels['scatterAdd'] = ([updates, indices], { axis, size }, [y]) => {
  checkIndices(indices, size, 'scatterAdd')
  const { outer, inner } = splitAt(y.shape, axis)
  const count = indices.values.length
  const { values } = updates
  const sums = new Float64Array(y.values.length)
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < count; n++) {
      const from = (o * count + n) * inner
      const to = (o * size + indices.values[n]) * inner
      for (let i = 0; i < inner; i++) sums[to + i] += values[from + i]
    }
  }
  y.values.set(sums)
}

/** Pairs every element of `picked` (whose axis is as long as the indices') with its place in an array of `length`. */
function forEachPick(
  indices: HostArray,
  axis: number,
  length: number,
  visit: (picked: number, place: number) => void,
): void {
  const { outer, length: count, inner } = splitAt(indices.shape, axis)
  for (let o = 0; o < outer; o++) {
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < inner; i++) {
        const picked = (o * count + n) * inner + i
        visit(picked, (o * length + indices.values[picked]) * inner + i)
      }
    }
  }
}

const takeAlongAxis: CpuKernels['takeAlongAxis'] = ([x, indices], { axis }, [y]) => {
  checkIndices(indices, x.shape[axis], 'takeAlongAxis')
  forEachPick(indices, axis, x.shape[axis], (picked, place) => {
    y.values[picked] = x.values[place]
  })
}

const takeAlongAxisGradient: CpuKernels['takeAlongAxisGradient'] = ([g, indices], { axis, size }, [dx]) => {
  checkIndices(indices, size, 'takeAlongAxisGradient')
  const sums = new Float64Array(dx.values.length)
  forEachPick(indices, axis, size, (picked, place) => {
    sums[place] += g.values[picked]
  })
  dx.values.set(sums)
}

const oneHot: CpuKernels['oneHot'] = ([indices], { depth }, [y]) => {
  indices.values.forEach((index, row) => {
    if (index >= 0 && index < depth) y.values[row * depth + index] = 1
  })
}

export const indexingKernels = {
  gather,
  scatterAdd,
  takeAlongAxis,
  takeAlongAxisGradient,
  oneHot,
} satisfies Partial<CpuKernels>
