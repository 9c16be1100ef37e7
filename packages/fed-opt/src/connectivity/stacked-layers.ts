import {
  add,
  conv2d,
  matmul,
  reshape,
  stack,
  transpose,
  unstack,
  type Padding,
  type Tensor,
} from '@lemanic/tensor-core'

// Layers for stacks of models. Parameters are [models, …] and states [models, …]; either may have 1 instead, for what all
// models have in common. All can be differentiated.

const models = (x: Tensor, weight: Tensor): number => Math.max(x.shape[0]!, weight.shape[0]!)

/** x [m, …, in] · weight [m, out, in]ᵀ + bias [m, out] → [m, …, out]. */
export function stackedLinear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const outer = x.shape.slice(1, -1)
  const rows = outer.reduce((product, length) => product * length, 1)
  const matrix = x.rank === 3 ? x : reshape(x, [x.shape[0]!, rows, x.shape[x.rank - 1]!])
  const product = matmul(matrix, weight, { transposeB: true })
  const y = bias === undefined ? product : add(product, reshape(bias, [bias.shape[0]!, 1, bias.shape[1]!]))
  return x.rank === 3 ? y : reshape(y, [y.shape[0]!, ...outer, y.shape[2]!])
}

export interface StackedConv2dOptions {
  /** Default 1. */
  readonly strides?: number
  /** Default `valid`. */
  readonly padding?: Padding
}

/**
 * Convolution: x [m, batch, height, width, in] with filters [m, height, width, in, out] and bias [m, out]. Models with one
 * filter become one batch, models with one input one convolution of many channels; others are computed in turn.
 */
export function stackedConv2d(x: Tensor, filter: Tensor, bias: Tensor, options: StackedConv2dOptions = {}): Tensor {
  const count = models(x, filter)
  const [own, batch] = x.shape as [number, number]
  const [filters, height, width, inner, outer] = filter.shape as [number, number, number, number, number]
  let y: Tensor
  if (filters === 1) {
    const joined = reshape(x, [own * batch, ...x.shape.slice(2)])
    const result = conv2d(joined, reshape(filter, filter.shape.slice(1)), options)
    y = reshape(result, [own, batch, ...result.shape.slice(1)])
  } else if (own === 1) {
    const joined = reshape(transpose(filter, [1, 2, 3, 0, 4]), [height, width, inner, filters * outer])
    const result = conv2d(reshape(x, x.shape.slice(1)), joined, options) // [batch, h, w, models · out]
    y = transpose(reshape(result, [...result.shape.slice(0, 3), filters, outer]), [3, 0, 1, 2, 4])
  } else {
    const [inputs, each] = [unstack(x), unstack(filter)]
    y = stack(Array.from({ length: count }, (_, i) => conv2d(inputs[i]!, each[i]!, options)))
  }
  return add(y, reshape(bias, [bias.shape[0]!, 1, 1, 1, bias.shape[1]!]))
}
