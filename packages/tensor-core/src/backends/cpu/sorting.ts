import type { CpuKernels } from './host-array.js'
import { splitAt } from './strides.js'

/** Compares by value, NaN last in either direction. */
function comparator(value: (position: number) => number, descending: boolean) {
  return (a: number, b: number): number => {
    const x = value(a)
    const y = value(b)
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y))
    if (x === y) return 0
    return x < y === descending ? 1 : -1
  }
}

const sort: CpuKernels['sort'] = ([x], { axis, descending }, [values, indices]) => {
  const { outer, length, inner } = splitAt(x.shape, axis)
  const keep = values.shape[axis] // topK keeps fewer
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const at = (position: number) => x.values[(o * length + position) * inner + i]
      const order = Int32Array.from({ length }, (_, n) => n).sort(comparator(at, descending)) // stable
      for (let n = 0; n < keep; n++) {
        const target = (o * keep + n) * inner + i
        values.values[target] = at(order[n])
        indices.values[target] = order[n]
      }
    }
  }
}

const topK: CpuKernels['topK'] = (inputs, _, outputs) =>
  sort(inputs, { axis: inputs[0].shape.length - 1, descending: true }, outputs)

export const sortingKernels = { sort, topK } satisfies Partial<CpuKernels>
