import type { Convolution, Shape } from '../../backend.js'
import type { CpuKernels } from './host-array.js'

// Images are [batch, height, width, channels]; filters are [height, width, channelsIn / groups, channelsOut].

/**
 * Calls `visit` for every (image position, filter tap, output position) that meet, with the offsets of their first
 * channels; `x` and `y` name the two image sides whatever the direction of the computation.
 */
function forEachTap(
  [batch, height, width, channelsIn]: Shape,
  [filterHeight, filterWidth, groupIn, channelsOut]: Shape,
  [, outHeight, outWidth]: Shape,
  { strides, dilations, padding }: Convolution,
  visit: (x: number, filter: number, y: number) => void,
): void {
  for (let n = 0; n < batch; n++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const y = ((n * outHeight + outRow) * outWidth + outColumn) * channelsOut
        for (let i = 0; i < filterHeight; i++) {
          const row = outRow * strides[0] + i * dilations[0] - padding[0]
          if (row < 0 || row >= height) continue
          for (let j = 0; j < filterWidth; j++) {
            const column = outColumn * strides[1] + j * dilations[1] - padding[2]
            if (column < 0 || column >= width) continue
            const x = ((n * height + row) * width + column) * channelsIn
            visit(x, (i * filterWidth + j) * groupIn * channelsOut, y)
          }
        }
      }
    }
  }
}

/** The channel pairs of one tap: input channel `p`, output channels `q … q + count − 1`, and the filter's offset. */
function forEachChannel(
  [, , groupIn, channelsOut]: Shape,
  groups: number,
  visit: (p: number, q: number, count: number, filter: number) => void,
): void {
  const count = channelsOut / groups
  for (let group = 0; group < groups; group++) {
    for (let channel = 0; channel < groupIn; channel++) {
      visit(group * groupIn + channel, group * count, count, channel * channelsOut + group * count)
    }
  }
}

const conv2d: CpuKernels['conv2d'] = ([x, filter], attributes, [y]) => {
  const sums = new Float64Array(y.values.length)
  const image = x.values
  const weights = filter.values
  forEachTap(x.shape, filter.shape, y.shape, attributes, (from, tap, to) => {
    forEachChannel(filter.shape, attributes.groups, (p, q, count, weight) => {
      const value = image[from + p]
      for (let c = 0; c < count; c++) sums[to + q + c] += value * weights[tap + weight + c]
    })
  })
  y.values.set(sums)
}

const conv2dInputGradient: CpuKernels['conv2dInputGradient'] = ([g, filter], attributes, [dx]) => {
  const sums = new Float64Array(dx.values.length)
  const gradient = g.values
  const weights = filter.values
  forEachTap(dx.shape, filter.shape, g.shape, attributes, (to, tap, from) => {
    forEachChannel(filter.shape, attributes.groups, (p, q, count, weight) => {
      let sum = 0
      for (let c = 0; c < count; c++) sum += gradient[from + q + c] * weights[tap + weight + c]
      sums[to + p] += sum
    })
  })
  dx.values.set(sums)
}

const conv2dFilterGradient: CpuKernels['conv2dFilterGradient'] = ([g, x], attributes, [dfilter]) => {
  const sums = new Float64Array(dfilter.values.length)
  const gradient = g.values
  const image = x.values
  forEachTap(x.shape, dfilter.shape, g.shape, attributes, (at, tap, from) => {
    forEachChannel(dfilter.shape, attributes.groups, (p, q, count, weight) => {
      const value = image[at + p]
      for (let c = 0; c < count; c++) sums[tap + weight + c] += value * gradient[from + q + c]
    })
  })
  dfilter.values.set(sums)
}

export const convolutionKernels = {
  conv2d,
  conv2dInputGradient,
  conv2dFilterGradient,
} satisfies Partial<CpuKernels>
