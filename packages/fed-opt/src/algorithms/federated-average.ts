import { dispose, emptyState, LemanicError, scope, singleProcess, type Json, type Reducer } from '@lemanic/tensor-core'
import { applyAggregator } from '../aggregators/apply.js'
import type { Aggregator, RowsState } from '../aggregators/aggregator.js'
import { mean } from '../aggregators/mean.js'
import { checkNumber, checkOptions } from '../refuse.js'
import { paramsAt, paramsOf, paramsRows } from '../rows/params-rows.js'
import { normalized, type Rows } from '../rows/rows.js'
import {
  nested,
  stateOf,
  unnested,
  type AlgorithmState,
  type FederatedAlgorithm,
  type Received,
  type RoundContext,
  type StepOptions,
} from './algorithm.js'
import { checkSteps } from './check-steps.js'
import { serverAverage, type ServerOptimizer } from './server-optimizers.js'

export interface FederatedAverageOptions extends StepOptions {
  /** Makes one change of many: an aggregator of this package, or any `Reducer` of the training loop. Default `mean()`. */
  readonly aggregator?: Aggregator | Reducer
  /** Default `serverAverage()`. */
  readonly server?: ServerOptimizer
  /** μ ≥ 0 of FedProx: clients are held to the server's model by (μ/2)‖x − x_server‖². Default 0. */
  readonly proximal?: number
}

/**
 * One model for all: clients train from the server's model, the server moves by the aggregate of their changes. With one
 * local step and the mean this is distributed SGD. `momentum` is the clients' and starts at 0 in every round; momentum
 * over rounds is `server: serverMomentum()`.
 *
 * McMahan et al., 2017 (arXiv 1602.05629); FedProx: Li et al., 2020 (arXiv 1812.06127). A `Reducer` does not know shares
 * of examples: changes reach it multiplied by share · number of clients, so that their plain mean is the weighted one.
 */
export function federatedAverage(options: FederatedAverageOptions): FederatedAlgorithm {
  checkOptions('federatedAverage', options, ['learningRate', 'momentum', 'aggregator', 'server', 'proximal'])
  checkSteps('federatedAverage', options)
  const { aggregator = mean(), server = serverAverage(), proximal = 0, learningRate, momentum = 0 } = options
  checkNumber('federatedAverage', 'proximal', proximal, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')

  /** Models of the participants from one position to another, after their local steps. */
  const train = (global: Rows, context: RoundContext, from = 0, to = context.participants.length): Rows => {
    const { clients, firstBatch, key } = context
    const participants = context.participants.subarray(from, to)
    context.broadcast(global, participants.length)
    return clients.train({
      models: global,
      clients: participants,
      steps: context.steps.subarray(from, to),
      firstBatch,
      learningRate,
      momentum,
      ...(proximal > 0 ? { proximal: { strength: proximal, anchor: global } } : {}),
      key: from === 0 ? key.foldIn('train') : key.foldIn('train').foldIn(from),
    }).models
  }
  const collect = (global: Rows, context: RoundContext): Received =>
    context.deliver({
      points: train(global, context).add(global, -1),
      senders: context.participants,
      target: global.zeros(1),
    })
  /** The weighted mean of the changes, a piece of the participants after the other: of their models, less the server's. */
  const meanByPieces = (global: Rows, context: RoundContext, size: number): Rows => {
    const { participants, clients } = context
    let total = global.zeros(1)
    let examples = 0
    for (let from = 0; from < participants.length; from += size) {
      const to = Math.min(participants.length, from + size)
      total = scope(() => {
        const sent = { points: train(global, context, from, to), senders: participants.subarray(from, to) }
        const { points, senders, weights } = context.deliver({ ...sent, isPart: true })
        const own = senders.reduce((sum, client) => sum + clients.sizes[client]!, 0)
        examples += own
        return senders.length === 0 ? total.scale(1) : total.add(points.mix([weights.map((weight) => weight * own)]))
      })
    }
    if (examples === 0)
      throw new LemanicError('not-finite', `round ${context.round}: nobody sent finite numbers`, {
        fields: { round: context.round, clients: [...participants] },
        help: 'lower the learning rate',
      })
    return total.scale(1 / examples).add(global, -1)
  }
  /** The same after one local step, when it is −η · the weighted mean gradient. Undefined where somebody's is not finite. */
  const meanOfOneStep = (global: Rows, { participants, clients, firstBatch, key, broadcast }: RoundContext) => {
    const weights = normalized(Float64Array.from(participants, (client) => clients.sizes[client]!))
    const gradient = clients.weightedGradient!({
      model: global,
      clients: participants,
      weights,
      batch: firstBatch,
      key: key.foldIn('train'),
    })
    if (!gradient.finite()[0]!) return undefined
    broadcast(global, participants.length)
    broadcast(gradient, participants.length) // and as many back
    return gradient.scale(-learningRate)
  }
  const move = (rows: RowsState, change: Rows, round: number, more: RowsState, json: Json): AlgorithmState => {
    const moved = server.step(rows.global!, change, unnested('server', rows), round)
    return stateOf({ global: moved.model, ...nested('server', moved.state), ...more }, json)
  }
  const common = {
    init: (clients: RoundContext['clients'], key: RoundContext['key']) => stateOf({ global: clients.init(key, 1) }),
    models: ({ rows }: AlgorithmState, { count }: RoundContext['clients']) =>
      rows.global!.select(new Int32Array(count)),
  }
  const name = `federated-average(${'aggregate' in aggregator ? aggregator.name : 'reducer'}, ${server.name})`

  if ('aggregate' in aggregator) {
    return {
      ...common,
      name,
      round({ rows }, context) {
        const { participants, clients } = context
        const pieceSize = clients.pieceSize?.(rows.global!.dimension) ?? Infinity
        const isHonest = !participants.some((client) => context.isByzantine(client))
        if (aggregator.isMean === true && isHonest && participants.length > pieceSize) {
          const isOneStep = clients.weightedGradient !== undefined && context.steps.every((steps) => steps === 1)
          const change =
            (isOneStep ? meanOfOneStep(rows.global!, context) : undefined) ??
            meanByPieces(rows.global!, context, pieceSize)
          return move(rows, change, context.round, {}, null)
        }
        const { points, weights, senders } = collect(rows.global!, context)
        const result = applyAggregator(aggregator, points, {
          key: context.key.foldIn('aggregate'),
          round: context.round,
          weights,
          senders,
          state: unnested('aggregator', rows),
        })
        if (result.telemetry !== undefined) context.report('aggregator', result.telemetry)
        return move(rows, result.value, context.round, nested('aggregator', result.state ?? {}), null)
      },
    }
  }
  return {
    ...common,
    name,
    isAsync: true,
    async round({ rows, json }, context) {
      const made: unknown[] = []
      const own = <Value>(value: Value): Value => {
        made.push(value)
        return value
      }
      try {
        const changes = own(
          scope(() => {
            const { points, weights, senders } = collect(rows.global!, context)
            return paramsOf(points.scale(weights.map((weight) => weight * senders.length)))
          }),
        )
        const state = own(
          rows.reducer === undefined && json === null
            ? scope(() => aggregator.init?.(paramsAt(rows.global!, 0), context.participants.length) ?? emptyState)
            : {
                json: (json as { readonly reducer: Json }).reducer,
                tensors: rows.reducer === undefined ? {} : paramsAt(rows.reducer, 0),
              },
        )
        const result = await aggregator.reduce(changes, {
          collectives: singleProcess,
          state,
          key: context.key.foldIn('aggregate'),
          step: context.round,
        })
        own([result.reduced, result.state.tensors])
        if (result.telemetry !== undefined) context.report('aggregator', result.telemetry)
        return scope(() =>
          move(
            rows,
            paramsRows([result.reduced]),
            context.round,
            Object.keys(result.state.tensors).length === 0 ? {} : { reducer: paramsRows([result.state.tensors]) },
            { reducer: result.state.json },
          ),
        )
      } finally {
        dispose(made)
      }
    },
  }
}
