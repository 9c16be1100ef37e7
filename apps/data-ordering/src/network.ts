import {
  add,
  conv2d,
  linear,
  multiply,
  type Params,
  randomNormal,
  type RandomKey,
  relu,
  reshape,
  softmaxCrossEntropy,
  square,
  sum,
  type Tensor,
  zeros,
} from '@lemanic/tensor-core'

/** A classifier of digits: initial parameters, and logits [batch, 10] of pictures [batch, 784] (grey values 0 … 1). */
export interface Network {
  init(key: RandomKey): Params
  logits(params: Params, pictures: Tensor): Tensor
}

const pixels = 784
const classes = 10

/** He's initial values: normal with variance 2 / inputs. */
function weight(key: RandomKey, shape: readonly number[], inputs: number): Tensor {
  return multiply(randomNormal(key, shape), Math.sqrt(2 / inputs))
}

/** 784 – width – 10 with one hidden layer of ReLU; no batch norm, which suffers from a fixed order (arXiv 2302.12444). */
export function perceptron(width: number): Network {
  return {
    init: (key) => ({
      'hidden.weight': weight(key.foldIn('hidden'), [width, pixels], pixels),
      'hidden.bias': zeros([width]),
      'out.weight': weight(key.foldIn('out'), [classes, width], width),
      'out.bias': zeros([classes]),
    }),
    logits(params, pictures) {
      const hidden = relu(linear(pictures, params['hidden.weight']!, params['hidden.bias']!))
      return linear(hidden, params['out.weight']!, params['out.bias']!)
    },
  }
}

/** Two 3 × 3 convolutions of stride 2 (width, then 2 · width channels) with ReLU, and a linear layer. */
export function convolutionalNet(width: number): Network {
  const flat = 7 * 7 * 2 * width
  return {
    init: (key) => ({
      'first.weight': weight(key.foldIn('first'), [3, 3, 1, width], 9),
      'first.bias': zeros([width]),
      'second.weight': weight(key.foldIn('second'), [3, 3, width, 2 * width], 9 * width),
      'second.bias': zeros([2 * width]),
      'out.weight': weight(key.foldIn('out'), [classes, flat], flat),
      'out.bias': zeros([classes]),
    }),
    logits(params, pictures) {
      const image = reshape(pictures, [pictures.shape[0]!, 28, 28, 1])
      const layer = (x: Tensor, name: string) =>
        relu(add(conv2d(x, params[`${name}.weight`]!, { strides: 2, padding: 'same' }), params[`${name}.bias`]!))
      const second = layer(layer(image, 'first'), 'second') // [batch, 7, 7, 2 · width]
      return linear(reshape(second, [pictures.shape[0]!, flat]), params['out.weight']!, params['out.bias']!)
    },
  }
}

/** Mean cross-entropy plus ½ λ ‖parameters‖²: the objective whose gradients are ordered and measured. */
export function objective(
  network: Network,
  weightDecay: number,
): (params: Params, pictures: Tensor, labels: Tensor) => Tensor {
  return (params, pictures, labels) => {
    const data = softmaxCrossEntropy(network.logits(params, pictures), labels)
    const squares = Object.values(params).map((value) => sum(square(value)))
    return add(data, multiply(squares.reduce(add), weightDecay / 2))
  }
}
