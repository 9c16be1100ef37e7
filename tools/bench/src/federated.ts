import { classificationClients, iidPartition, meanRow, paramsAt, paramsClients, paramsRows } from '@lemanic/fed-opt'
import {
  add,
  dispose,
  fillRandomNormal,
  linear,
  matmul,
  mean,
  randomKey,
  randomNormal,
  relu,
  reshape,
  scope,
  setDefaultBackend,
  softmaxCrossEntropy,
  type Backend,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import type { Bench } from './bench.js'

// A round of FedAvg: every client takes one SGD step from the server's model on a batch of its own, and the server takes
// the mean of their models. 300 clients of an MLP 784-200-10 with batches of 32: the size of the federated study.

const clients = 300
const [inputs, hidden, outputs, batch] = [784, 200, 10, 32]
type Batch = Readonly<Record<string, Tensor>>

const loss = (params: Params, { x, y }: Batch): Tensor =>
  softmaxCrossEntropy(
    linear(
      relu(linear(x!, params['hidden.weight']!, params['hidden.bias']!)),
      params['output.weight']!,
      params['output.bias']!,
    ),
    y!,
  )

/** The same for a stack of clients, by batched products. */
function stackedLoss(params: Params, { x, y }: Batch): Tensor {
  const layer = (input: Tensor, name: string): Tensor => {
    const bias = params[`${name}.bias`]!
    return add(
      matmul(input, params[`${name}.weight`]!, { transposeB: true }),
      reshape(bias, [bias.shape[0]!, 1, bias.shape[1]!]),
    )
  }
  return mean(softmaxCrossEntropy(layer(relu(layer(x!, 'hidden')), 'output'), y!, { reduction: 'none' }), 1)
}

function federatedRound(how: string, stacked: boolean): Bench {
  return {
    name: `federated round of ${clients} clients of an MLP ${inputs}-${hidden}-${outputs}, batch ${batch}, ${how}`,
    unit: 'examples/s',
    work: clients * batch,
    without: ['cpu'],
    peer: { kind: 'federated', clients, inputs, hidden, outputs, batch },
    prepare(backend: Backend) {
      setDefaultBackend(backend)
      const examples = clients * batch
      const labels = Int32Array.from({ length: examples }, (_, i) => (i * 7919) % outputs)
      const data = classificationClients({
        features: fillRandomNormal(randomKey(1), new Float32Array(examples * inputs)),
        shape: [inputs],
        labels,
        partition: iidPartition({ examples, clients, key: randomKey(2) }),
      })
      const weights = (i: number, shape: readonly number[]): Tensor =>
        randomNormal(randomKey(i), shape, { standardDeviation: 0.05, backend })
      const federation = paramsClients({
        data,
        init: () => {
          throw new Error('the bench makes its own model')
        },
        loss,
        ...(stacked ? { stackedLoss } : {}),
        key: randomKey(3),
      })
      const everyone = Int32Array.from({ length: clients }, (_, i) => i)
      const steps = new Int32Array(clients).fill(1)
      let model: Params = {
        'hidden.weight': weights(4, [hidden, inputs]),
        'hidden.bias': weights(5, [hidden]),
        'output.weight': weights(6, [outputs, hidden]),
        'output.bias': weights(7, [outputs]),
      }
      let round = 0
      return () => {
        const next = scope(() => {
          const { models } = federation.train({
            models: paramsRows([model]),
            clients: everyone,
            steps,
            firstBatch: round,
            learningRate: 0.1,
            key: randomKey(8).foldIn(round),
          })
          return paramsAt(meanRow(models), 0)
        })
        round++
        dispose(model)
        model = next
      }
    },
  }
}

export const federated: readonly Bench[] = [
  federatedRound('stacked kernels', true),
  federatedRound('one compiled step a client', false),
]
