import type { RandomKey } from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import { vectorRows } from '../rows/vector-rows.js'
import type { Clients, EvaluationRequest } from './clients.js'
import { trainByGradients } from './train-by-gradients.js'

export interface ObjectiveContext {
  readonly batch: number
  readonly key: RandomKey
}

class Moment implements ObjectiveContext {
  constructor(
    readonly batch: number,
    private readonly all: RandomKey,
    private readonly client: number,
  ) {}

  /** Few objectives draw: derived when asked for. */
  get key(): RandomKey {
    return this.all.foldIn(this.client)
  }
}

/** A client that is a function of bare numbers. */
export interface Objective {
  gradient(model: Float64Array, context: ObjectiveContext): ArrayLike<number>
  loss(model: Float64Array, context: ObjectiveContext): number
  /** Default 1. */
  readonly examples?: number
}

export interface VectorClientsOptions {
  /** Numbers in a model. */
  readonly dimension: number
  /** Fresh model of a key. Default: zeros. */
  readonly init?: (key: RandomKey) => ArrayLike<number>
}

/** Clients whose losses and gradients are plain functions of a vector, in float64: convex studies and exact tests. */
export function vectorClients(objectives: readonly Objective[], options: VectorClientsOptions): Clients {
  const { dimension, init = () => new Float64Array(dimension) } = options
  if (objectives.length === 0) throw argumentError('vectorClients', 'expected at least one client, got none')
  const ask = <Result>(
    { models, clients, rows, batch, key }: EvaluationRequest,
    f: (objective: Objective, model: Float64Array, context: ObjectiveContext) => Result,
  ): Result[] => {
    const vectors = models.toVectors()
    const results: Result[] = []
    for (let i = 0; i < clients.length; i++) {
      const client = clients[i]!
      const objective = objectives[client]
      if (objective === undefined)
        throw argumentError('vectorClients', `expected a client from 0 to ${objectives.length - 1}, got ${client}`)
      results.push(f(objective, vectors[rows[i]!]!, new Moment(batch, key, client)))
    }
    return results
  }
  const clients: Clients = {
    count: objectives.length,
    sizes: Float64Array.from(objectives, ({ examples = 1 }) => examples),
    init: (key, count) => vectorRows(Array.from({ length: count }, (_, i) => init(key.foldIn(i)))),
    gradients(request) {
      const space = vectorRows([new Float64Array(dimension)])
      const gradients = ask(request, (objective, model, context) => objective.gradient(model, context))
      let losses: Float64Array | undefined
      return {
        gradients: space.fromVectors(gradients),
        // only computed where somebody looks
        get losses() {
          return (losses ??= clients.losses(request))
        },
      }
    },
    losses: (request) => Float64Array.from(ask(request, (objective, model, context) => objective.loss(model, context))),
    train: (request) => trainByGradients(clients, request),
  }
  return clients
}
