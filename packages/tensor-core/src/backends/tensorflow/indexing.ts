import type { Shape } from '../../backend.js'
import type { DeviceKernel, DeviceKernels } from './device-kernel.js'

/** A shape as [outer, axes, inner] around `count` of its axes. */
function around(shape: Shape, axis: number, count = 1): readonly [outer: number, length: number, inner: number] {
  const product = (part: Shape): number => part.reduce((size, length) => size * length, 1)
  return [product(shape.slice(0, axis)), product(shape.slice(axis, axis + count)), product(shape.slice(axis + count))]
}

const gather: DeviceKernel<{ readonly axis: number }> = (o, [x, indices], { axis }) => [o.gather(x!, indices!, axis, 0)]

const scatterAdd: DeviceKernel<{ readonly axis: number; readonly size: number }> = (
  o,
  [updates, indices],
  { axis, size },
  [y],
) => {
  const [outer, count, inner] = around(updates!.shape, axis, indices!.shape.length)
  const ids = o.reshape(indices!, [count])
  if (outer === 1) return [o.reshape(o.scatterAdd(o.reshape(updates!, [count, inner]), ids, size), y!.shape)]
  const rows = o.transpose(o.reshape(updates!, [outer, count, inner]), [1, 0, 2])
  const sums = o.scatterAdd(o.reshape(rows, [count, outer * inner]), ids, size)
  return [o.reshape(o.transpose(o.reshape(sums, [size, outer, inner]), [1, 0, 2]), y!.shape)]
}

/** Row by row: the axis goes last, all others become one. */
const takeAlongAxis: DeviceKernel<{ readonly axis: number }> = (o, [x, indices], { axis }, [y]) => {
  const [outer, length, inner] = around(x!.shape, axis)
  const count = indices!.shape[axis]!
  const rows = (values: typeof x, size: number): NonNullable<typeof x> => {
    const turned = inner === 1 ? values! : o.transpose(o.reshape(values!, [outer, size, inner]), [0, 2, 1])
    return o.reshape(turned, [outer * inner, size])
  }
  const taken = o.gather(rows(x, length), rows(indices, count), 1, 1)
  if (inner === 1) return [o.reshape(taken, y!.shape)]
  return [o.reshape(o.transpose(o.reshape(taken, [outer, inner, count]), [0, 2, 1]), y!.shape)]
}

/** All rows as one table: an index moves by its row's place in it. */
const takeAlongAxisGradient: DeviceKernel<{ readonly axis: number; readonly size: number }> = (
  o,
  [g, indices],
  { axis, size },
  [dx],
) => {
  const [outer, count, inner] = around(g!.shape, axis)
  const starts = Int32Array.from({ length: outer * inner }, (_, row) => {
    const column = row % inner
    return ((row - column) / inner) * size * inner + column
  })
  const offsets = o.create(starts, { shape: [outer, 1, inner], dtype: 'int32' })
  const step = o.create(Int32Array.of(inner), { shape: [], dtype: 'int32' })
  const places = o.binary('Add', o.binary('Multiply', o.reshape(indices!, [outer, count, inner]), step), offsets)
  const total = outer * count * inner
  const sums = o.scatterAdd(o.reshape(g!, [total, 1]), o.reshape(places, [total]), outer * size * inner)
  return [o.reshape(sums, dx!.shape)]
}

/** Values through float32, indices as they are. */
const gather32: DeviceKernel<{ readonly axis: number }> = (o, [x, indices], { axis }, [y]) => [
  o.cast(o.gather(o.cast(x!, 'float32'), indices!, axis, 0), y!.dtype),
]

export const indexingKernels: DeviceKernels = {
  gather: [gather, gather32],
  scatterAdd: [scatterAdd],
  takeAlongAxis: [takeAlongAxis],
  takeAlongAxisGradient: [takeAlongAxisGradient],
  oneHot: [(o, [indices], { depth }) => [o.oneHot(indices!, depth)]],
}
