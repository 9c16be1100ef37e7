import type { DeviceKernel, DeviceKernels } from './device-kernel.js'
import type { DeviceTensor, Operators } from './operators.js'

type Reduction = { readonly axes: readonly number[]; readonly keepDimensions: boolean }

const reduce =
  (name: 'Sum' | 'Prod' | 'Max' | 'Min' | 'Any' | 'All'): DeviceKernel<Reduction> =>
  (o, [x], { axes, keepDimensions }) => [o.reduce(name, x!, axes, keepDimensions)]

/** For engines whose extremes pass over NaN. */
const keepingNaN =
  (name: 'Max' | 'Min'): DeviceKernel<Reduction> =>
  (o, [x], { axes, keepDimensions }) => {
    const anyNaN = o.reduce('Any', o.unary('IsNan', x!), axes, keepDimensions)
    return [o.select(anyNaN, o.scalar(NaN), o.reduce(name, x!, axes, keepDimensions))]
  }

const position =
  (name: 'ArgMax' | 'ArgMin'): DeviceKernel<{ readonly axis: number }> =>
  (o, [x], { axis }) => [o.position(name, x!, axis)]

/** The first NaN of an axis wins. */
const positionOfNaN =
  (name: 'ArgMax' | 'ArgMin'): DeviceKernel<{ readonly axis: number }> =>
  (o, [x], { axis }) => {
    const isNaN = o.unary('IsNan', x!)
    const first = o.position('ArgMax', o.cast(isNaN, 'float32'), axis)
    return [o.select(o.reduce('Any', isNaN, [axis], false), first, o.position(name, x!, axis))]
  }

/** Reverses the order without an overflow: −x, or −1 − x of an integer. */
function mirrored(o: Operators, x: DeviceTensor): DeviceTensor {
  if (x.dtype === 'float32') return o.unary('Neg', x)
  return o.binary('Sub', o.create(Int32Array.of(-1), { shape: [], dtype: 'int32' }), x)
}

const hasNaN = (o: Operators, x: DeviceTensor): boolean =>
  x.dtype === 'float32' &&
  o.read(
    o.reduce(
      'Any',
      o.unary('IsNan', x),
      x.shape.map((_, axis) => axis),
      false,
    ),
  )[0] === 1

/** TensorFlow's `TopK` is a stable sort, but does not know where NaN belongs: then the host sorts. */
const sort: DeviceKernel<{ readonly axis: number; readonly descending: boolean }> = (o, [x], { axis, descending }) => {
  if (hasNaN(o, x!)) return undefined
  const rank = x!.shape.length
  const last = rank - 1
  const swap = Array.from({ length: rank }, (_, i) => (i === axis ? last : i === last ? axis : i))
  const turned = (y: DeviceTensor): DeviceTensor => (axis === last ? y : o.transpose(y, swap))
  const rows = turned(x!)
  const [values, indices] = o.topK(descending ? rows : mirrored(o, rows), rows.shape[last]!)
  return [turned(descending ? values : mirrored(o, values)), turned(indices)]
}

export const reductionKernels: DeviceKernels = {
  sum: [reduce('Sum')],
  prod: [reduce('Prod')],
  max: [reduce('Max'), keepingNaN('Max'), reduce('Any')],
  min: [reduce('Min'), keepingNaN('Min'), reduce('All')],
  argMax: [position('ArgMax'), positionOfNaN('ArgMax')],
  argMin: [position('ArgMin'), positionOfNaN('ArgMin')],
  cumulativeSum: [(o, [x], { axis, exclusive, reverse }) => [o.cumulativeSum(x!, axis, exclusive, reverse)]],
  sort: [sort],
  topK: [(o, [x], { k }) => (hasNaN(o, x!) ? undefined : o.topK(x!, k))],
}
