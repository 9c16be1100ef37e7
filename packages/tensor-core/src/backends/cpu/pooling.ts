import type { Pooling, Shape } from '../../backend.js'
import type { CpuKernels } from './host-array.js'

/** The cells of one window that lie inside the image, for one channel: offsets into the image, row by row. */
function forEachWindow(
  [batch, height, width, channels]: Shape,
  [, outHeight, outWidth]: Shape,
  { window, strides, padding }: Pooling,
  visit: (cells: readonly number[], out: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const out = ((n * outHeight + outRow) * outWidth + outColumn) * channels
        const cells: number[] = []
        for (let i = 0; i < window[0]; i++) {
          const row = outRow * strides[0] + i - padding[0]
          if (row < 0 || row >= height) continue
          for (let j = 0; j < window[1]; j++) {
            const column = outColumn * strides[1] + j - padding[2]
            if (column >= 0 && column < width) cells.push(((n * height + row) * width + column) * channels)
          }
        }
        for (let channel = 0; channel < channels; channel++) {
          visit(cells, out + channel)
          for (let k = 0; k < cells.length; k++) cells[k]++ // the next channel
        }
      }
    }
  }
}

/** The first cell with the largest value (NaN counts as the largest), −1 for a window that is all padding. */
function firstMaximum(values: ArrayLike<number>, cells: readonly number[]): number {
  let best = cells[0] ?? -1
  for (const cell of cells) {
    if (values[cell] > values[best] || (Number.isNaN(values[cell]) && !Number.isNaN(values[best]))) best = cell
  }
  return best
}

const maxPool2d: CpuKernels['maxPool2d'] = ([x], attributes, [y]) => {
  forEachWindow(x.shape, y.shape, attributes, (cells, out) => {
    const best = firstMaximum(x.values, cells)
    y.values[out] = best < 0 ? -Infinity : x.values[best]
  })
}

const maxPool2dGradient: CpuKernels['maxPool2dGradient'] = ([g, x], attributes, [dx]) => {
  const sums = new Float64Array(dx.values.length)
  forEachWindow(x.shape, g.shape, attributes, (cells, out) => {
    const best = firstMaximum(x.values, cells)
    if (best >= 0) sums[best] += g.values[out]
  })
  dx.values.set(sums)
}

const averagePool2d: CpuKernels['averagePool2d'] = ([x], attributes, [y]) => {
  forEachWindow(x.shape, y.shape, attributes, (cells, out) => {
    let sum = 0
    for (const cell of cells) sum += x.values[cell]
    y.values[out] = cells.length === 0 ? 0 : sum / cells.length
  })
}

const averagePool2dGradient: CpuKernels['averagePool2dGradient'] = ([g], attributes, [dx]) => {
  const sums = new Float64Array(dx.values.length)
  forEachWindow(dx.shape, g.shape, attributes, (cells, out) => {
    for (const cell of cells) sums[cell] += g.values[out] / cells.length
  })
  dx.values.set(sums)
}

export const poolingKernels = {
  maxPool2d,
  maxPool2dGradient,
  averagePool2d,
  averagePool2dGradient,
} satisfies Partial<CpuKernels>
