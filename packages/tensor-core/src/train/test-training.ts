import { subtract } from '../operations/binary.js'
import { randomNormal, tensor, zeros } from '../operations/creation.js'
import { dropout } from '../operations/dropout.js'
import { linear } from '../operations/linear.js'
import { mean } from '../operations/reduction.js'
import { square, tanh } from '../operations/unary.js'
import { adamw } from '../optimizers/adamw.js'
import { paramsToHost } from '../params/host.js'
import { disposeParams } from '../params/lifetime.js'
import { randomKey, type RandomKey } from '../random/key.js'
import { fillRandomNormal } from '../random/normal.js'
import type { HostTensor } from '../safetensors/reader.js'
import type { Tensor } from '../tensor.js'
import type { TrainEvent } from './events.js'
import type { Model } from './model.js'
import type { TrainOptions } from './options.js'
import { randomReshuffling } from './random-reshuffling.js'
import { train } from './train.js'

// A small training that the tests beside it share.

export interface Batch {
  readonly x: Tensor
  readonly y: Tensor
}

export const examples = 24
const inputs = fillRandomNormal(randomKey(11), new Float32Array(examples * 3))
const targets = Float32Array.from({ length: examples }, (_, i) =>
  Math.sin((inputs[3 * i] as number) - (inputs[3 * i + 2] as number)),
)

export function batchOf(indices: Int32Array): Batch {
  return {
    x: tensor(Float32Array.from([...indices].flatMap((i) => [...inputs.subarray(3 * i, 3 * i + 3)])), [
      indices.length,
      3,
    ]),
    y: tensor(
      Float32Array.from(indices, (i) => targets[i] as number),
      [indices.length, 1],
    ),
  }
}

/** Two layers, with dropout so that the context's key matters. */
export const model: Model<Batch, Tensor> = {
  init(key) {
    const [first, second] = key.split() as [RandomKey, RandomKey]
    return {
      'hidden.weight': randomNormal(first, [8, 3]),
      'hidden.bias': zeros([8]),
      'out.weight': randomNormal(second, [1, 8]),
    }
  },
  apply(params, { x }, context) {
    const hidden = tanh(linear(x, params['hidden.weight'] as Tensor, params['hidden.bias'] as Tensor))
    const kept = context?.training === true ? dropout(hidden, 0.2, context.key) : hidden
    return linear(kept, params['out.weight'] as Tensor)
  },
}

export const loss = (output: Tensor, { y }: Batch): Tensor => mean(square(subtract(output, y)))

export function optionsOf(more: Partial<TrainOptions<Batch, Tensor>> = {}): TrainOptions<Batch, Tensor> {
  return {
    model,
    loss,
    sampler: randomReshuffling({ size: examples, batchSize: 5, key: randomKey(2), batch: batchOf }),
    optimizer: adamw({ learningRate: 0.02 }),
    steps: 12,
    key: randomKey(1),
    ...more,
  }
}

export async function collect(
  options: TrainOptions<Batch, Tensor>,
): Promise<{ events: TrainEvent[]; losses: number[]; params: Record<string, HostTensor> }> {
  const events: TrainEvent[] = []
  let params: Record<string, HostTensor> = {}
  for await (const event of train(options)) {
    events.push(event)
    if (event.type === 'train-end') {
      params = await paramsToHost(event.params)
      disposeParams(event.params)
    }
  }
  return { events, losses: events.flatMap((event) => (event.type === 'step-end' ? [event.loss] : [])), params }
}
