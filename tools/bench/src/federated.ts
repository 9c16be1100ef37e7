import {
  classificationClients,
  federatedAverage,
  iidPartition,
  paramsClients,
  type AlgorithmState,
  type Clients,
  type RoundContext,
} from '@lemanic/fed-opt'
import {
  add,
  cloneParams,
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
      const start: Params = {
        'hidden.weight': weights(4, [hidden, inputs]),
        'hidden.bias': weights(5, [hidden]),
        'output.weight': weights(6, [outputs, hidden]),
        'output.bias': weights(7, [outputs]),
      }
      const federation = paramsClients({
        data,
        init: () => cloneParams(start),
        loss,
        ...(stacked ? { stackedLoss } : {}),
        key: randomKey(3),
      })
      const algorithm = federatedAverage({ learningRate: 0.1 })
      let state = scope(() => algorithm.init(federation, randomKey(8)))
      let round = 0
      return () => {
        const context = roundOf(federation, round++)
        const next = scope(() => algorithm.round(state, context) as AlgorithmState)
        dispose(state)
        state = next
      }
    },
  }
}

/** A round in which everybody answers: as `simulate` makes it, with its look for numbers that are not finite. */
function roundOf(federation: Clients, round: number): RoundContext {
  return {
    clients: federation,
    round,
    key: randomKey(9).foldIn(round),
    participants: Int32Array.from({ length: federation.count }, (_, i) => i),
    steps: new Int32Array(federation.count).fill(1),
    firstBatch: round,
    isByzantine: () => false,
    deliver({ points, senders }) {
      if (!points.finite().every(Boolean)) throw new Error('a client sent NaN')
      return { points, senders, weights: new Float64Array(senders.length).fill(1 / senders.length) }
    },
    broadcast: () => undefined,
    report: () => undefined,
  }
}

export const federated: readonly Bench[] = [
  federatedRound('stacked kernels', true),
  federatedRound('one compiled step a client', false),
]
