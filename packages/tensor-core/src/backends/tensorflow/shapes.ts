import type { DeviceKernel, DeviceKernels } from './device-kernel.js'

/** Movements of dtypes that an engine has no kernel for: float32 holds all but int32 exactly. */
const through32 =
  <Attributes>(kernel: DeviceKernel<Attributes>): DeviceKernel<Attributes> =>
  (o, inputs, attributes, outputs) => {
    const moved = kernel(
      o,
      inputs.map((x) => o.cast(x, 'float32')),
      attributes,
      outputs,
    )
    return moved?.map((y) => o.cast(y, outputs[0]!.dtype))
  }

const withDetour = <Attributes>(kernel: DeviceKernel<Attributes>): DeviceKernel<Attributes>[] => [
  kernel,
  through32(kernel),
]

export const shapeKernels: DeviceKernels = {
  full: [(o, _, { value }, [y]) => [o.fill(y!.shape, value)]],
  transpose: withDetour((o, [x], { permutation }) => [o.transpose(x!, permutation)]),
  broadcastTo: withDetour((o, [x], { shape }) => [o.broadcast(x!, shape)]),
  slice: withDetour((o, [x], { begin, strides }, [y]) => [o.slice(x!, begin, strides, y!.shape)]),
  sliceGradient: withDetour((o, [g], { begin, strides }, [dx]) => [o.sliceGradient(g!, begin, strides, dx!.shape)]),
  pad: withDetour((o, [x], { before, after, value }) => [o.pad(x!, before, after, value)]),
  flip: withDetour((o, [x], { axes }) => [o.reverse(x!, axes)]),
  concat: withDetour((o, parts, { axis }) => [o.concat(parts, axis)]),
}
