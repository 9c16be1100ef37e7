import {
  add,
  addParams,
  cloneParams,
  compile,
  dispose,
  dynamic,
  isTensor,
  mapParams,
  multiply,
  reshape,
  scope,
  sgdStep,
  stackParams,
  subtract,
  sum,
  tensor,
  valueAndGrad,
  zerosLikeParams,
  type CompiledStep,
  type Params,
  type RandomKey,
  type Scalar,
  type Stacked,
  type Tensor,
} from '@lemanic/tensor-core'
import { argumentError, checkOptions, checkWhole } from '../refuse.js'
import { paramsOf, paramsRows, stackedRows } from '../rows/params-rows.js'
import type { Rows } from '../rows/rows.js'
import { batchIndices, type ClientBatch, type ClientData } from './client-data.js'
import { WholeBatches } from './whole-batches.js'
import type { Clients, EvaluationRequest, TrainRequest, WeightedGradientRequest } from './clients.js'

/** What a loss may want to know. */
export interface ClientContext {
  readonly key: RandomKey
  /** True while gradients are taken. */
  readonly training: boolean
}

export interface ParamsClientsOptions {
  readonly data: readonly ClientData[]
  /** Fresh parameters of a key. */
  readonly init: (key: RandomKey) => Params
  /** Mean loss over a batch: a scalar. */
  readonly loss: (params: Params, batch: ClientBatch, context: ClientContext) => Tensor
  /**
   * The same for several clients at once: parameters and batch have a leading axis of clients, the result is one loss
   * each, [clients]. With it, clients are trained by batched kernels.
   */
  readonly stackedLoss?: (params: Stacked, batch: ClientBatch, context: ClientContext) => Tensor
  /** Examples in a batch; a client with fewer uses all. Default: all examples of the client. */
  readonly batchSize?: number
  /** Order of the examples. */
  readonly key: RandomKey
  /** Clients in one stack, for `stackedLoss`. Default: as many as have 3 MB of parameters together, 20 at most. */
  readonly stackSize?: number
}

interface Step {
  readonly losses: Tensor
  readonly grads: Params
}

interface Update {
  readonly losses: Tensor
  readonly params: Params
  readonly velocity: Params | undefined
}

/** Parameters of a stack with their gradients and results stay in the last cache of small processors. */
const stackBytes = 3.2e6

/** Clients that hold compiled steps. */
export interface CompiledClients extends Clients {
  /** Gives back what the compiled steps hold; later questions are answered eagerly, more slowly. */
  dispose(): void
}

/** Steps are compiled once and replayed for every client, or for every stack of clients. */
class ParamsClients implements CompiledClients {
  readonly sizes: Float64Array
  readonly #options: ParamsClientsOptions
  readonly #whole = new WholeBatches()
  readonly #gradient: CompiledStep<[params: Stacked, batch: ClientBatch, key: RandomKey], Step>
  readonly #added: CompiledStep<
    [params: Params, batch: ClientBatch, key: RandomKey, weight: Tensor, total: Params | undefined],
    Params
  >
  readonly #value: CompiledStep<[params: Stacked, batch: ClientBatch, key: RandomKey], Tensor>
  readonly #update: CompiledStep<
    [
      params: Stacked,
      batch: ClientBatch,
      key: RandomKey,
      rate: Scalar,
      momentum: number,
      velocity: Stacked | undefined,
      anchor: Stacked | undefined,
      strength: number,
      correction: Stacked | undefined,
    ],
    Update
  >

  constructor(options: ParamsClientsOptions) {
    this.#options = options
    this.sizes = Float64Array.from(options.data, ({ examples }) => examples)
    const lossesOf = this.#lossesOf()
    const both = valueAndGrad((params: Stacked, batch: ClientBatch, key: RandomKey) => {
      const losses = lossesOf(params, batch, { key, training: true })
      return { loss: losses.rank === 0 ? losses : sum(losses), aux: { losses } }
    })
    const gradient = (params: Stacked, batch: ClientBatch, key: RandomKey): Step => {
      const { grads, aux } = both(params, batch, key)
      return { losses: aux.losses, grads }
    }
    this.#gradient = compile(gradient)
    const weighted = valueAndGrad((params: Params, batch: ClientBatch, key: RandomKey, weight: Tensor) =>
      multiply(this.#oneLoss(params, batch, { key, training: true }), weight),
    )
    this.#added = compile((params, batch, key, weight, total) => {
      const { grads } = weighted(params, batch, key, weight)
      return total === undefined ? grads : addParams(grads, total)
    })
    this.#value = compile((params: Stacked, batch: ClientBatch, key: RandomKey) =>
      lossesOf(params, batch, { key, training: false }),
    )
    this.#update = compile((params, batch, key, rate, momentum, velocity, anchor, strength, correction) => {
      const { losses, grads } = gradient(params, batch, key)
      const names = Object.keys(params)
      const directions = names.map((name) => {
        let direction = grads[name]!
        if (anchor !== undefined) direction = add(direction, multiply(subtract(params[name]!, anchor[name]!), strength))
        return correction === undefined ? direction : add(direction, correction[name]!)
      })
      const next = sgdStep(
        {
          parameters: Object.values(params),
          gradients: directions,
          velocities: momentum === 0 ? [] : Object.values(velocity!),
        },
        { learningRate: rate, momentum, nesterov: false, weightDecay: names.map(() => 0) },
      )
      const named = (values: readonly Tensor[]): Params =>
        Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      return {
        losses,
        params: named(next.parameters),
        velocity: momentum === 0 ? undefined : named(next.velocities),
      }
    })
  }

  dispose(): void {
    this.#whole.dispose()
    for (const step of [this.#gradient, this.#added, this.#value, this.#update]) step.dispose()
  }

  get count(): number {
    return this.sizes.length
  }

  pieceSize(dimension: number): number {
    return this.#options.stackedLoss === undefined ? 8 : this.#stackOf(dimension)
  }

  /** Clients in a stack of models of so many numbers. */
  #stackOf(dimension: number): number {
    const { stackedLoss, stackSize } = this.#options
    if (stackedLoss === undefined) return 1
    return stackSize ?? Math.max(1, Math.min(20, Math.round(stackBytes / (4 * dimension))))
  }

  init(key: RandomKey, count: number): Rows {
    return scope(() => paramsRows(Array.from({ length: count }, (_, i) => this.#options.init(key.foldIn(i)))))
  }

  gradients(request: EvaluationRequest): { gradients: Rows; losses: Float64Array } {
    const losses = new Float64Array(request.clients.length)
    const groups = this.#groups(request)
    const stacks = this.#evaluate(request, groups, (at, models, batch, key) => {
      const { losses: values, grads } = this.#gradient(models, batch, key)
      read(values, at, losses)
      return this.#restack(grads)
    })
    return { gradients: inOrder(stacks, groups), losses }
  }

  losses(request: EvaluationRequest): Float64Array {
    const losses = new Float64Array(request.clients.length)
    this.#evaluate(request, this.#groups(request), (at, models, batch, key) =>
      read(this.#value(models, batch, key), at, losses),
    )
    return losses
  }

  /** Calls `f` for every stack of the pairs that are asked about, in a scope of its own. */
  #evaluate<Result>(
    { models, clients, rows, batch, key }: EvaluationRequest,
    groups: readonly (readonly number[])[],
    f: (at: readonly number[], models: Stacked, batch: ClientBatch, key: RandomKey) => Result,
  ): Result[] {
    return groups.map((at) =>
      scope(() => {
        const asked = this.#modelsOf(
          models,
          Int32Array.from(at, (i) => rows[i]!),
        )
        const own = this.#batchOf(
          at.map((i) => clients[i]!),
          batch,
        )
        return f(at, asked, own, key.foldIn(at[0]!))
      }),
    )
  }

  weightedGradient({ model, clients, weights, batch, key }: WeightedGradientRequest): Rows {
    // all clients have one model, so that there is nothing to stack
    const isStacked = this.#options.stackedLoss !== undefined
    return scope(() => {
      const params = unstacked(paramsOf(model))
      let total: Params | undefined
      for (let i = 0; i < clients.length; i++) {
        const before = total
        total = scope(() => {
          const own = this.#batchOf([clients[i]!], batch)
          return this.#added(params, isStacked ? unstacked(own) : own, key.foldIn(i), tensor([weights[i]!]), before)
        })
        if (before !== undefined) dispose(before)
      }
      return paramsRows([total!])
    })
  }

  train(request: TrainRequest): { models: Rows; losses: Float64Array } {
    const totals = new Float64Array(request.clients.length)
    const groups = this.#groups(request, request.steps)
    const stacks = groups.map((at) => scope(() => this.#trainGroup(request, at, totals)))
    return {
      models: inOrder(stacks, groups),
      losses: totals.map((total, i) => (request.steps[i]! > 0 ? total / request.steps[i]! : NaN)),
    }
  }

  #trainGroup(request: TrainRequest, at: readonly number[], totals: Float64Array): Stacked {
    const { models, proximal, correction, momentum = 0, firstBatch, key } = request
    const rowsOf = (rows: Rows): Stacked =>
      this.#modelsOf(rows, rows.count === 1 ? new Int32Array(at.length) : Int32Array.from(at))
    const anchor = proximal === undefined ? undefined : rowsOf(proximal.anchor)
    const shift = correction === undefined ? undefined : rowsOf(correction)
    let params = rowsOf(models)
    let velocity = momentum > 0 ? zerosLikeParams(params) : undefined
    const clients = at.map((i) => request.clients[i]!)
    const losses = new Float64Array(request.clients.length)
    for (let step = 0; step < request.steps[at[0]!]!; step++) {
      const next = scope(() => {
        const update = this.#update(
          params,
          this.#batchOf(clients, firstBatch + step),
          key.foldIn(step).foldIn(at[0]!),
          dynamic(request.learningRate),
          momentum,
          velocity,
          anchor,
          proximal?.strength ?? 0,
          shift,
        )
        read(update.losses, at, losses)
        return { params: update.params, velocity: update.velocity }
      })
      if (step > 0) dispose([params, velocity])
      for (const i of at) totals[i]! += losses[i]!
      params = next.params
      velocity = next.velocity
    }
    // without a step these are the tensors of the request, which stay its own
    return this.#restack(request.steps[at[0]!] === 0 ? cloneParams(params) : params)
  }

  /** A loss for each client of a stack, or for the one client that the parameters are of. */
  #lossesOf(): (params: Stacked, batch: ClientBatch, context: ClientContext) => Tensor {
    const { stackedLoss } = this.#options
    if (stackedLoss === undefined) return (params, batch, context) => this.#oneLoss(params, batch, context)
    return (params, batch, context) => {
      const losses = stackedLoss(params, batch, context)
      if (!isTensor(losses) || losses.rank !== 1) {
        throw argumentError(
          'paramsClients',
          `stackedLoss: expected one loss a client, got shape [${losses.shape.join(', ')}]`,
        )
      }
      return losses
    }
  }

  #oneLoss(params: Params, batch: ClientBatch, context: ClientContext): Tensor {
    const loss = this.#options.loss(params, batch, context)
    if (isTensor(loss) && loss.size === 1) return loss
    throw argumentError('paramsClients', 'loss: expected a scalar')
  }

  /** Positions in the request whose clients fit into one stack: equal batch sizes and, where given, equal steps. */
  #groups({ clients, models }: Pick<EvaluationRequest, 'clients' | 'models'>, steps?: ArrayLike<number>): number[][] {
    const stackSize = this.#stackOf(models.dimension)
    const open = new Map<string, number[]>()
    const groups: number[][] = []
    for (let i = 0; i < clients.length; i++) {
      const client = clients[i]!
      const examples = this.sizes[client]
      if (examples === undefined)
        throw argumentError('paramsClients', `expected a client from 0 to ${this.count - 1}, got ${client}`)
      const name = `${Math.min(this.#options.batchSize ?? Infinity, examples)} ${steps?.[i] ?? ''}`
      let group = open.get(name)
      if (group === undefined || group.length === stackSize) {
        group = []
        open.set(name, group)
        groups.push(group)
      }
      group.push(i)
    }
    return groups
  }

  #modelsOf(models: Rows, rows: Int32Array): Stacked {
    const stacked = paramsOf(models.count === 1 && rows.length === 1 ? models : models.select(rows))
    return this.#options.stackedLoss === undefined ? unstacked(stacked) : stacked
  }

  /** Parameters as one stack, whether they were trained as such or singly. */
  #restack(params: Params): Stacked {
    return this.#options.stackedLoss === undefined ? paramsOf(paramsRows([params])) : params
  }

  #batchOf(clients: readonly number[], batch: number): ClientBatch {
    const { batchSize = Infinity } = this.#options
    if (clients.some((client) => this.sizes[client]! > batchSize)) return this.#makeBatch(clients, batch)
    return this.#whole.of(clients, () => this.#makeBatch(clients, batch))
  }

  #makeBatch(clients: readonly number[], batch: number): ClientBatch {
    const { data, key, batchSize = Infinity, stackedLoss } = this.#options
    const batches = clients.map((client) => {
      const { examples } = data[client]!
      return data[client]!.batch(batchIndices(key, client, examples, batchSize, batch))
    })
    return stackedLoss === undefined ? batches[0]! : stackParams(batches)
  }
}

/** Rows of the stacks in the order of the request, of which group g holds the positions `groups[g]`. */
function inOrder(stacks: readonly Stacked[], groups: readonly (readonly number[])[]): Rows {
  const found = stackedRows(stacks)
  const order = new Int32Array(found.count)
  groups.flat().forEach((i, row) => (order[i] = row))
  if (order.every((row, i) => row === i)) return found
  const sorted = found.select(order)
  found.dispose()
  return sorted
}

function read(losses: Tensor, at: readonly number[], out: Float64Array): void {
  const values = losses.dataSync()
  at.forEach((i, position) => (out[i] = values[position] as number))
}

/** Parameters without the leading axis, which is of length 1; they share their memory. */
function unstacked(stacked: Stacked): Params {
  return mapParams(stacked, (value) => reshape(value, value.shape.slice(1)))
}

/**
 * Clients whose model is a set of parameters. Each owns its data for the whole run; batch i of a client is the same
 * whoever asks, so that all arms of a comparison see the same examples. Steps are compiled once and replayed, for one
 * client at a time or, with `stackedLoss`, for stacks of clients.
 */
export function paramsClients(options: ParamsClientsOptions): CompiledClients {
  checkOptions('paramsClients', options, ['data', 'init', 'loss', 'stackedLoss', 'batchSize', 'key', 'stackSize'])
  if (options.data.length === 0) throw argumentError('paramsClients', 'data: expected at least one client, got none')
  options.data.forEach(({ examples }, client) => {
    if (!(examples >= 1)) throw argumentError('paramsClients', `data: client ${client} has no examples`)
  })
  if (options.batchSize !== undefined) checkWhole('paramsClients', 'batchSize', options.batchSize, 1)
  if (options.stackSize !== undefined) checkWhole('paramsClients', 'stackSize', options.stackSize, 1)
  return new ParamsClients(options)
}
