import type { FusedDeviceKernels } from './device-kernel.js'

/** Where TensorFlow has a kernel that fits, or fewer steps than the composition; all other fused operations are composed. */
export const fusedKernels: FusedDeviceKernels = {
  softmax: (o, [x]) => [o.softmax(x!)],
  softmaxGradient: (o, [g, y]) => {
    const total = o.reduce('Sum', o.binary('Multiply', g!, y!), [g!.shape.length - 1], true)
    return [o.binary('Multiply', o.binary('Sub', g!, total), y!)]
  },
  softmaxCrossEntropy: (o, [logits, targets], { ignoreIndex }) => {
    const [rows, classes] = logits!.shape as [number, number]
    const highest = o.reduce('Max', logits!, [1], true)
    const shift = o.select(o.unary('IsFinite', highest), highest, o.scalar(0))
    const weight = o.reduce('Sum', o.unary('Exp', o.binary('Sub', logits!, shift)), [1], true)
    const logSumExp = o.reshape(o.binary('Add', o.unary('Log', weight), shift), [rows])
    const ignored = o.binary('Equal', targets!, o.create(Int32Array.of(ignoreIndex), { shape: [], dtype: 'int32' }))
    const zero = o.create(Int32Array.of(0), { shape: [], dtype: 'int32' })
    const starts = o.create(
      Int32Array.from({ length: rows }, (_, row) => row * classes),
      { shape: [rows], dtype: 'int32' },
    )
    const places = o.binary('Add', o.select(ignored, zero, targets!), starts)
    const chosen = o.gather(o.reshape(logits!, [rows * classes]), places, 0, 0)
    return [o.select(ignored, o.scalar(0), o.binary('Sub', logSumExp, chosen)), logSumExp]
  },
  /** (softmax − one-hot of the target) · g, rows of ignored targets zero. */
  softmaxCrossEntropyGradient: (o, [g, logits, targets, logSumExp], { ignoreIndex }) => {
    const [rows, classes] = logits!.shape as [number, number]
    const ignored = o.create(Int32Array.of(ignoreIndex), { shape: [], dtype: 'int32' })
    const counts = o.cast(o.binary('NotEqual', targets!, ignored), 'float32')
    const factor = o.reshape(o.binary('Multiply', g!, counts), [rows, 1])
    const softmax = o.unary('Exp', o.binary('Sub', logits!, o.reshape(logSumExp!, [rows, 1])))
    return [o.binary('Multiply', o.binary('Sub', softmax, o.oneHot(targets!, classes)), factor)]
  },
}
