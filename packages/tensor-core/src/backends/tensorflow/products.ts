import type { Convolution, Pooling, Shape } from '../../backend.js'
import type { DeviceKernel, DeviceKernels } from './device-kernel.js'
import type { DeviceTensor, Operators } from './operators.js'

/** 16-bit factors are widened first: products are float32's. */
const widened = (o: Operators, x: DeviceTensor): DeviceTensor => (x.dtype === 'float32' ? x : o.cast(x, 'float32'))

const matmul: DeviceKernel<{ readonly transposeA: boolean; readonly transposeB: boolean }> = (
  o,
  [a, b],
  { transposeA, transposeB },
) => [o.matmul(widened(o, a!), widened(o, b!), transposeA, transposeB)]

// TensorFlow differentiates neither dilated nor grouped convolutions on a CPU. A dilated filter is one with zeros in
// between; a group is a convolution of a slice of the channels.

const zeros = [0, 0, 0, 0]

const dilatedShape = (
  [height, width, ...channels]: Shape,
  { dilations: [vertical, horizontal] }: Convolution,
): Shape => [(height! - 1) * vertical + 1, (width! - 1) * horizontal + 1, ...channels]
const isDilated = ({ dilations }: Convolution): boolean => dilations.some((dilation) => dilation > 1)

function dilate(o: Operators, filter: DeviceTensor, attributes: Convolution): DeviceTensor {
  if (!isDilated(attributes)) return filter
  return o.sliceGradient(filter, zeros, [...attributes.dilations, 1, 1], dilatedShape(filter.shape, attributes))
}

/** One of `groups` equal parts of an axis. */
function part(o: Operators, x: DeviceTensor, axis: number, group: number, groups: number): DeviceTensor {
  const length = x.shape[axis]! / groups
  const size = x.shape.map((whole, i) => (i === axis ? length : whole))
  return o.slice(
    x,
    zeros.map((_, i) => (i === axis ? group * length : 0)),
    [1, 1, 1, 1],
    size,
  )
}

/** Computes group by group along the channels (the last axis of images and filters) and puts the results together. */
function inGroups(
  o: Operators,
  inputs: readonly DeviceTensor[],
  groups: number,
  compute: (inputs: readonly DeviceTensor[]) => DeviceTensor,
): DeviceTensor {
  if (groups === 1) return compute(inputs)
  const parts = Array.from({ length: groups }, (_, group) => compute(inputs.map((x) => part(o, x, 3, group, groups))))
  return o.concat(parts, 3)
}

const perGroup = (shape: Shape, groups: number): Shape =>
  shape.map((length, axis) => (axis === 3 ? length / groups : length))

const conv2d: DeviceKernel<Convolution> = (o, [x, filter], attributes) => [
  inGroups(o, [x!, dilate(o, filter!, attributes)], attributes.groups, ([image, weights]) =>
    o.conv2d(image!, weights!, attributes),
  ),
]

const conv2dInputGradient: DeviceKernel<Convolution & { readonly inputShape: Shape }> = (
  o,
  [g, filter],
  attributes,
) => [
  inGroups(o, [g!, dilate(o, filter!, attributes)], attributes.groups, ([gradient, weights]) =>
    o.conv2dInput(gradient!, weights!, attributes, perGroup(attributes.inputShape, attributes.groups)),
  ),
]

const conv2dFilterGradient: DeviceKernel<Convolution & { readonly filterShape: Shape }> = (o, [g, x], attributes) => {
  const shape = perGroup(dilatedShape(attributes.filterShape, attributes), attributes.groups)
  const full = inGroups(o, [g!, x!], attributes.groups, ([gradient, image]) =>
    o.conv2dFilter(gradient!, image!, attributes, shape),
  )
  if (!isDilated(attributes)) return [full]
  return [o.slice(full, zeros, [...attributes.dilations, 1, 1], attributes.filterShape)]
}

type Edges = readonly [before: number[], after: number[]]

const edges = ({ padding: [top, bottom, left, right] }: Pooling): Edges => [
  [0, top, left, 0],
  [0, bottom, right, 0],
]
const isPadded = ({ padding }: Pooling): boolean => padding.some((width) => width > 0)

const padded = (o: Operators, x: DeviceTensor, attributes: Pooling, value: number): DeviceTensor =>
  isPadded(attributes) ? o.pad(x, ...edges(attributes), value) : x

const cropped = (o: Operators, dx: DeviceTensor, attributes: Pooling, shape: Shape): DeviceTensor =>
  isPadded(attributes) ? o.slice(dx, edges(attributes)[0], [1, 1, 1, 1], shape) : dx

/** Window cells over those inside the image, [1, rows, columns, 1]: an average over a padded image times this is right. */
function correction(
  o: Operators,
  x: DeviceTensor | Shape,
  [, rows, columns]: Shape,
  { window, strides, padding }: Pooling,
): DeviceTensor {
  const [, height, width] = 'dtype' in x ? x.shape : x
  const inside = (count: number, axis: 0 | 1, before: number, length: number): number[] =>
    Array.from({ length: count }, (_, i) => {
      const start = i * strides[axis] - before
      return Math.max(0, Math.min(start + window[axis], length) - Math.max(start, 0))
    })
  const across = inside(columns!, 1, padding[2], width!)
  const factors = inside(rows!, 0, padding[0], height!).flatMap((down) =>
    across.map((along) => (down * along === 0 ? 0 : (window[0] * window[1]) / (down * along))),
  )
  return o.create(Float32Array.from(factors), { shape: [1, rows!, columns!, 1], dtype: 'float32' })
}

const maxPool2d: DeviceKernel<Pooling> = (o, [x], attributes) => [
  o.maxPool(padded(o, x!, attributes, -Infinity), attributes),
]
const maxPool2dGradient: DeviceKernel<Pooling> = (o, [g, x, y], attributes) => [
  cropped(o, o.maxPoolInput(g!, padded(o, x!, attributes, -Infinity), y!, attributes), attributes, x!.shape),
]
const averagePool2d: DeviceKernel<Pooling> = (o, [x], attributes, [y]) => {
  const average = o.averagePool(padded(o, x!, attributes, 0), attributes)
  return [isPadded(attributes) ? o.binary('Multiply', average, correction(o, x!, y!.shape, attributes)) : average]
}
const averagePool2dGradient: DeviceKernel<Pooling & { readonly inputShape: Shape }> = (o, [g], attributes) => {
  const { inputShape } = attributes
  if (!isPadded(attributes)) return [o.averagePoolInput(g!, inputShape, attributes)]
  const [before, after] = edges(attributes)
  const share = o.binary('Multiply', g!, correction(o, inputShape, g!.shape, attributes))
  const whole = o.averagePoolInput(
    share,
    inputShape.map((length, axis) => length + before[axis]! + after[axis]!),
    attributes,
  )
  return [cropped(o, whole, attributes, inputShape)]
}

export const productKernels: DeviceKernels = {
  matmul: [matmul],
  conv2d: [conv2d],
  conv2dInputGradient: [conv2dInputGradient],
  conv2dFilterGradient: [conv2dFilterGradient],
  maxPool2d: [maxPool2d],
  maxPool2dGradient: [maxPool2dGradient],
  averagePool2d: [averagePool2d],
  averagePool2dGradient: [averagePool2dGradient],
}
