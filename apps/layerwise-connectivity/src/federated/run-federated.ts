import type { RunOutput } from '@lemanic/eval'
import {
  layerDistances,
  measureConnectivity,
  modelPair,
  paramsAt,
  paramsClients,
  partialAveraging,
  simulate,
  type Clients,
  type Rows,
} from '@lemanic/fed-opt'
import { averageParams, concat, dispose, keep, randomKey, reshape, scope, type Params } from '@lemanic/tensor-core'
import type { FederatedSizes } from '../options.js'
import { policies, splitAndPolicy, type FederatedArm } from '../arms.js'
import type { ConnectivityContext } from '../engine.js'
import { stackedLogits, type Network } from '../networks/network.js'
import { perceptron } from '../networks/perceptron.js'
import { barrierOf } from '../summarize.js'
import { stackedLoss } from '../train-pair.js'
import { lossAndError, pictureBatches, pictureEvaluator } from '../vision/measure-pictures.js'
import { clientPictures, type ClientPictures } from './client-pictures.js'

/** Federated training in which some layers are averaged after every round and the others stay the client's own. */
export async function runFederated(arm: FederatedArm, seed: number, context: ConnectivityContext): Promise<RunOutput> {
  const { split, policy } = splitAndPolicy(arm)
  const sizes = context.options.federated
  const key = randomKey(612).foldIn(seed)
  const pictures = context.engine.pictures('mnist')
  const network = perceptron({
    pixels: pictures.train.height ** 2,
    depth: sizes.depth,
    width: sizes.width,
    rectify: true,
  })
  const data = keep(scope(() => clientPictures(pictures, split, sizes, key)))
  const clients = paramsClients({
    data: data.training,
    init: (own) => network.init(own),
    loss: () => {
      throw new Error('clients are trained in stacks')
    },
    stackedLoss: (params, { x, y }) =>
      stackedLoss('cross-entropy', stackedLogits(network, params, x!), reshape(y!, [y!.size])),
    batchSize: sizes.batchSize,
    key: key.foldIn('batches'),
    stackSize: sizes.clients,
  })
  const accuracies: number[] = []
  let models: Rows | undefined
  try {
    const events = simulate({
      clients,
      algorithm: partialAveraging({
        policy: policies[policy](sizes.depth + 1),
        learningRate: sizes.learningRate,
        momentum: 0.9,
      }),
      rounds: sizes.rounds,
      localSteps: sizes.localSteps,
      key: key.foldIn('run'),
      evaluate: { run: (own) => ({ accuracies: clientAccuracies(network, own, data) }) },
    })
    for await (const event of events) {
      if (event.type === 'evaluation-end') {
        const own = event.metrics.accuracies as number[]
        accuracies.push(own.reduce((sum, value) => sum + value, 0) / own.length)
        await context.report({
          fraction: (0.9 * event.rounds) / sizes.rounds,
          message: `seed ${seed}, round ${event.rounds}/${sizes.rounds}`,
        })
      } else if (event.type === 'simulation-end') models = event.models
    }
    const last = clientAccuracies(network, models!, data)
    const before = trainOnce(clients, models!, sizes, key.foldIn('before'))
    try {
      const layers = clientBarriers(network, before, data)
      return {
        metrics: {
          accuracy: last.reduce((sum, value) => sum + value, 0) / last.length,
          'worst client': Math.min(...last),
          'client barrier': layers.full,
          'worst client layer': Math.max(...layers.singles),
          drift: layers.drift,
        },
        samples: { accuracies: last, 'client layers': layers.singles, 'client drift': layers.drifts },
        curves: { accuracy: { x: accuracies.map((_, round) => round), y: accuracies } },
      }
    } finally {
      before.dispose()
    }
  } finally {
    models?.dispose()
    clients.dispose()
    dispose(data.test)
  }
}

/** Per cent of each client's own test pictures that its own model gets right. */
function clientAccuracies(network: Network, models: Rows, { test }: ClientPictures): number[] {
  return test.map(({ pictures, labels }, client) =>
    scope(() => {
      const one = asStack(paramsAt(models, client))
      const logits = stackedLogits(network, one, reshape(pictures, [1, ...pictures.shape]))
      return 100 * (1 - (lossAndError(logits, labels, 'cross-entropy').error.dataSync()[0] as number))
    }),
  )
}

const asStack = (params: Params): Params =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, reshape(value, [1, ...value.shape])]))

/** The clients' models after one more round of local training: what is about to be averaged. */
function trainOnce(
  clients: Clients,
  models: Rows,
  { localSteps: steps, learningRate }: FederatedSizes,
  key: ReturnType<typeof randomKey>,
): Rows {
  const all = Int32Array.from({ length: clients.count }, (_, client) => client)
  return clients.train({
    models,
    clients: all,
    steps: all.map(() => steps),
    firstBatch: 0,
    learningRate,
    momentum: 0.9,
    key,
  }).models
}

/** Barriers between neighbouring clients on their common test pictures, and how far layers are from their mean. */
function clientBarriers(network: Network, models: Rows, { test }: ClientPictures) {
  return scope(() => {
    const params = test.map((_, client) => paramsAt(models, client))
    const records = Array.from({ length: Math.floor(test.length / 2) }, (_, pair) => {
      const [a, b] = [2 * pair, 2 * pair + 1]
      const joint = {
        pictures: concat([test[a]!.pictures, test[b]!.pictures], 0),
        labels: concat([test[a]!.labels, test[b]!.labels], 0),
      }
      const evaluator = pictureEvaluator(network, pictureBatches(joint), 'cross-entropy')
      return measureConnectivity(evaluator, modelPair(params[a]!, params[b]!), { orders: {}, alphas: [0.5] })
    })
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
    const center = averageParams(params)
    const distances = params.map((own) => layerDistances(modelPair(own, center)).map(({ distance }) => distance))
    const drifts = distances[0]!.map((_, layer) => mean(distances.map((own) => own[layer]!)))
    return {
      full: mean(records.map(({ full }) => barrierOf(full, 'error'))),
      singles: records[0]!.singles.map((_, layer) =>
        mean(records.map(({ singles }) => barrierOf(singles[layer]!, 'error'))),
      ),
      drifts,
      drift: Math.hypot(...drifts),
    }
  })
}
