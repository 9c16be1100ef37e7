import type { ClientBatch } from '@lemanic/fed-opt'
import {
  add,
  linear,
  matmul,
  mean,
  type Params,
  type RandomKey,
  randomUniform,
  relu,
  reshape,
  scope,
  softmaxCrossEntropy,
  type Stacked,
  type Tensor,
  zeros,
} from '@lemanic/tensor-core'

// The perceptron of the paper: pixels, one hidden layer, ten classes. Its code puts a softmax before a loss that takes
// logits; here it is the cross-entropy of the logits.

/** Fresh parameters: uniform in ±1/√inputs, as PyTorch's linear layers, biases 0. */
export function initialParams(key: RandomKey, pixels: number, width: number): Params {
  const uniform = (name: string, outputs: number, inputs: number): Tensor => {
    const bound = 1 / Math.sqrt(inputs)
    return randomUniform(key.foldIn(name), [outputs, inputs], { low: -bound, high: bound })
  }
  return scope(() => ({
    'hidden.weight': uniform('hidden', width, pixels),
    'hidden.bias': zeros([width]),
    'output.weight': uniform('output', 10, width),
    'output.bias': zeros([10]),
  }))
}

/** Activations of the hidden layer, [examples, width]. */
export function featuresOf(params: Params, x: Tensor): Tensor {
  return relu(linear(x, params['hidden.weight']!, params['hidden.bias']!))
}

/** Logits, [examples, 10]. */
export function logitsOf(params: Params, x: Tensor): Tensor {
  return linear(featuresOf(params, x), params['output.weight']!, params['output.bias']!)
}

/** Mean cross-entropy of one client's batch. */
export function lossOf(params: Params, batch: ClientBatch): Tensor {
  return softmaxCrossEntropy(logitsOf(params, batch.x!), batch.y!)
}

/** The same for a stack of clients: one loss each. */
export function stackedLossOf(params: Stacked, batch: ClientBatch): Tensor {
  const layer = (input: Tensor, name: string): Tensor => {
    const bias = params[`${name}.bias`]!
    const [clients, outputs] = bias.shape as [number, number]
    return add(matmul(input, params[`${name}.weight`]!, { transposeB: true }), reshape(bias, [clients, 1, outputs]))
  }
  const logits = layer(relu(layer(batch.x!, 'hidden')), 'output')
  return mean(softmaxCrossEntropy(logits, batch.y!, { reduction: 'none' }), 1)
}
