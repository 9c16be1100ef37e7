import type { Backend } from '../backend.js'
import { LemanicError } from '../errors.js'
import { tensor } from '../operations/creation.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import { paramsFromHost, paramsToHost } from '../params/host.js'
import type { Params } from '../params/params.js'
import { stackParams } from '../params/stacking.js'
import { emptyState, type State } from '../params/state.js'
import { checkSameStructure } from '../params/structure.js'
import { randomKey } from '../random/key.js'
import { fillRandomNormal } from '../random/normal.js'
import { dispose, scope } from '../scope.js'
import { singleProcess } from './collectives.js'
import type { Reducer, Reduction } from './reducer.js'
import type { Sampler } from './sampler.js'

// What every implementation of a seam has to hold. Call these in the tests of a new one.

function broken(contract: string, message: string): LemanicError {
  return new LemanicError('contract-broken', `${contract}: ${message}`)
}

/** Parameters of a few shapes with fixed normal values. */
function sampleParams(seed: number, backend: Backend): Params {
  const shapes = { 'layer.weight': [4, 3], 'layer.bias': [4], scale: [] } as const
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const values = fillRandomNormal(
        randomKey(seed).foldIn(name),
        new Float32Array(shape.reduce((size: number, length) => size * length, 1)),
      )
      return [name, tensor(values, shape, { backend })]
    }),
  )
}

/** A state as a checkpoint gives it back. */
async function throughCheckpoint(state: State, backend: Backend): Promise<State> {
  return {
    json: JSON.parse(JSON.stringify(state.json)) as State['json'],
    tensors: paramsFromHost(await paramsToHost(state.tensors), { backend }),
  }
}

async function textOf(params: Params): Promise<string> {
  const host = await paramsToHost(params)
  return JSON.stringify(Object.entries(host).map(([name, { data }]) => [name, Array.from(data as Float32Array)]))
}

export interface SamplerContract<Batch> {
  /** A fresh sampler; each call makes an equal one. */
  readonly create: () => Sampler<Batch>
  /** What tells batches apart, the indices of the examples for instance. */
  readonly identify: (batch: Batch) => string
  readonly backend: Backend
  /** Default 12. */
  readonly steps?: number
}

/**
 * Throws `contract-broken` unless equal samplers give equal batches, a restored one goes on where the state was taken
 * (after any number of steps), taking the state disturbs nothing, and no tensors are left behind.
 */
export async function checkSampler<Batch>({
  create,
  identify,
  backend,
  steps = 12,
}: SamplerContract<Batch>): Promise<void> {
  const part = { microBatch: 0, worker: 0 }
  const draw = (sampler: Sampler<Batch>, from: number): string[] =>
    Array.from({ length: steps - from }, (_, i) => scope(() => identify(sampler.next(from + i, part))))
  const expected = draw(create(), 0)
  const sampler = create()
  const before = backend.memory().buffers
  for (let step = 0; step < steps; step += 1) {
    const saved = await throughCheckpoint(sampler.state(), backend)
    const other = create()
    other.restore(saved)
    const rest = draw(other, step)
    if (rest.join('\n') !== expected.slice(step).join('\n')) {
      throw broken(
        'sampler',
        `restored after ${step} steps it gives ${rest[0]}, …; an uninterrupted one gives ${expected[step]}, …`,
      )
    }
    dispose([saved.tensors, other.state().tensors])
    const got = scope(() => identify(sampler.next(step, part)))
    if (got !== expected[step])
      throw broken('sampler', `batch ${step} is ${got}; an equal sampler gave ${expected[step]}`)
  }
  dispose(sampler.state().tensors)
  const left = backend.memory().buffers - before
  if (left > 0) throw broken('sampler', `${left} tensors are left alive after ${steps} steps`)
}

/**
 * Throws `contract-broken` unless an optimizer keeps the structure of parameters and state, leaves its inputs as they
 * are, goes on equally from a restored state, and leaves nothing alive but its results.
 */
export async function checkOptimizer(optimizer: Optimizer, backend: Backend): Promise<void> {
  const before = backend.memory().buffers
  const start = sampleParams(1, backend)
  let params = start
  let state = scope(() => optimizer.init(start))
  const first = state
  const made: unknown[] = [start, state]
  for (let step = 0; step < 3; step += 1) {
    const grads = sampleParams(10 + step, backend)
    const inputs = [grads, params, state.tensors]
    const text = (await Promise.all(inputs.map(textOf))).join()
    const restored = await throughCheckpoint(state, backend)
    const alive = backend.memory().buffers
    const next = optimizer.update(grads, state, params, step)
    const results = new Set([...Object.values(next.params), ...Object.values(next.state.tensors)])
    for (const value of inputs.flatMap((input) => Object.values(input))) results.delete(value)
    const left = backend.memory().buffers - alive - results.size
    if (left > 0) throw broken('optimizer', `${left} tensors besides its results are left alive by update`)
    if ((await Promise.all(inputs.map(textOf))).join() !== text) throw broken('optimizer', 'update changed its inputs')
    const again = optimizer.update(grads, restored, params, step)
    if ((await textOf(again.params)) !== (await textOf(next.params)))
      throw broken('optimizer', `from a restored state step ${step} gives other parameters`)
    checkSameStructure(start, next.params, { where: 'optimizer', got: 'the updated parameters' })
    checkSameStructure(first.tensors, next.state.tensors, { where: 'optimizer', got: 'the updated state' })
    made.push(grads, restored.tensors, again, next)
    params = next.params
    state = next.state
  }
  dispose(made)
  const left = backend.memory().buffers - before
  if (left > 0) throw broken('optimizer', `${left} tensors are left alive after all results were disposed`)
}

/**
 * Throws `contract-broken` unless a reducer returns parameters without the worker axis, leaves its inputs as they are,
 * does the same again from a restored state with the same key, and leaves nothing alive but its results.
 */
export async function checkReducer(reducer: Reducer, backend: Backend, workers = 3): Promise<void> {
  const before = backend.memory().buffers
  const like = sampleParams(1, backend)
  const local = scope(() => stackParams(Array.from({ length: workers }, (_, i) => sampleParams(20 + i, backend))))
  let state: State =
    reducer.init === undefined ? emptyState : scope(() => (reducer.init as NonNullable<Reducer['init']>)(like, workers))
  const made: unknown[] = [like, local, state.tensors]
  for (let step = 0; step < 3; step += 1) {
    const text = (await textOf(local)) + (await textOf(state.tensors))
    const restored = await throughCheckpoint(state, backend)
    const context = { collectives: singleProcess, key: randomKey(7).foldIn(step), step }
    const alive = backend.memory().buffers
    const result: Reduction = await reducer.reduce(local, { ...context, state })
    const results = new Set([...Object.values(result.reduced), ...Object.values(result.state.tensors)])
    for (const value of Object.values(state.tensors)) results.delete(value)
    const left = backend.memory().buffers - alive - results.size
    if (left > 0) throw broken('reducer', `${left} tensors besides its results are left alive by reduce`)
    checkSameStructure(like, result.reduced, { where: 'reducer', got: 'the reduced parameters' })
    if ((await textOf(local)) + (await textOf(state.tensors)) !== text)
      throw broken('reducer', 'reduce changed its inputs')
    JSON.stringify(result.telemetry ?? {})
    const again = await reducer.reduce(local, { ...context, state: restored })
    if ((await textOf(again.reduced)) !== (await textOf(result.reduced)))
      throw broken('reducer', `from a restored state step ${step} gives another result`)
    made.push(restored.tensors, again.reduced, again.state.tensors, result.reduced, result.state.tensors)
    state = result.state
  }
  dispose(made)
  const left = backend.memory().buffers - before
  if (left > 0) throw broken('reducer', `${left} tensors are left alive after all results were disposed`)
}
