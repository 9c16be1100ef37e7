import {
  add,
  broadcastTo,
  conv2d,
  linear,
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

/**
 * x [m, …, in] · weight [m, out, in]ᵀ + bias [m, out] → [m, …, out]. Models with one weight become one product of many
 * rows, models with one input one product of many columns; others are a product of batches.
 */
export function stackedLinear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const [own, ...outer] = x.shape.slice(0, -1) as [number, ...number[]]
  const [weights, units, inner] = weight.shape as [number, number, number]
  const biases = bias?.shape[0] ?? weights
  if (weights === 1 && biases === 1)
    return linear(x, reshape(weight, [units, inner]), bias === undefined ? undefined : reshape(bias, [units]))
  const rows = outer.reduce((product, length) => product * length, 1)
  const matrix = reshape(x, [own, rows, inner])
  if (own === 1 && weights === biases) {
    const joined = reshape(weight, [weights * units, inner])
    const y = linear(
      reshape(x, [rows, inner]),
      joined,
      bias === undefined ? undefined : reshape(bias, [weights * units]),
    )
    return reshape(transpose(reshape(y, [rows, weights, units]), [1, 0, 2]), [weights, ...outer, units])
  }
  const product = matmul(matrix, weight, { transposeB: true })
  const y = bias === undefined ? product : add(product, reshape(bias, [biases, 1, units]))
  return reshape(y, [y.shape[0]!, ...outer, units])
}

export interface StackedConv2dOptions {
  /** Default 1. */
  readonly strides?: number
  /** Default `valid`. */
  readonly padding?: Padding
  /** What the result goes through after the bias. Default `none`. */
  readonly activation?: 'none' | 'relu'
}

/**
 * Convolution: x [m, batch, height, width, in] with filters [m, height, width, in, out] and bias [m, out]. Models with one
 * filter become one batch, models with one input one convolution of many channels; others are computed in turn.
 */
export function stackedConv2d(x: Tensor, filter: Tensor, bias: Tensor, options: StackedConv2dOptions = {}): Tensor {
  const [own, batch] = x.shape as [number, number]
  const [filters, height, width, inner, outer] = filter.shape as [number, number, number, number, number]
  const count = Math.max(own, filters, bias.shape[0]!)
  const spread = (value: Tensor): Tensor => broadcastTo(value, [count, ...value.shape.slice(1)])
  if (filters === 1 && bias.shape[0] === 1) {
    const joined = reshape(x, [own * batch, ...x.shape.slice(2)])
    const result = conv2d(joined, reshape(filter, filter.shape.slice(1)), { ...options, bias: reshape(bias, [outer]) })
    return reshape(result, [own, batch, ...result.shape.slice(1)])
  }
  if (own === 1) {
    const joined = reshape(transpose(spread(filter), [1, 2, 3, 0, 4]), [height, width, inner, count * outer])
    const result = conv2d(reshape(x, x.shape.slice(1)), joined, {
      ...options,
      bias: reshape(spread(bias), [count * outer]),
    }) // [batch, h, w, models · out]
    return transpose(reshape(result, [...result.shape.slice(0, 3), count, outer]), [3, 0, 1, 2, 4])
  }
  const [inputs, each, biases] = [x, filter, bias].map((value) => unstack(spread(value))) as [
    Tensor[],
    Tensor[],
    Tensor[],
  ]
  return stack(inputs.map((input, i) => conv2d(input, each[i]!, { ...options, bias: biases[i]! })))
}
