import type { Backend } from '../backend.js'
import { defaultBackend } from '../default-backend.js'
import { LemanicError } from '../errors.js'
import { cloneParams } from '../params/lifetime.js'
import { paramsFromHost, paramsToHost } from '../params/host.js'
import type { Params } from '../params/params.js'
import { emptyState, type State } from '../params/state.js'
import { checkSameStructure } from '../params/structure.js'
import { dispose, scope, visitTensors } from '../scope.js'
import { stateFromHost, stateToHost, type Checkpoint, type LoadedCheckpoint } from './checkpoint.js'
import type { TrainOptions } from './options.js'

/** What changes from step to step; its tensors belong to the training loop. */
export interface TrainingState {
  readonly step: number
  readonly params: Params
  readonly optimizer: State
  readonly reducer: State
}

/** The state before the first step. */
export function initialState<Batch, Output>(options: TrainOptions<Batch, Output>): TrainingState {
  const { model, optimizer, reducer, workers = 1, key } = options
  return scope(() => {
    const params = cloneParams(options.params ?? model.init(key.foldIn('init')))
    return {
      step: 0,
      params,
      optimizer: optimizer.init(params),
      reducer: reducer?.init?.(params, workers) ?? emptyState,
    }
  })
}

/** Disposes the tensors of the old state that the new one does not hold. */
export function replaceState(old: TrainingState, next: TrainingState): TrainingState {
  const alive = new Set<unknown>()
  visitTensors(next, (value) => alive.add(value))
  visitTensors(old, (value) => {
    if (!alive.has(value)) value.dispose()
  })
  return next
}

export async function toCheckpoint<Batch, Output>(
  state: TrainingState,
  options: TrainOptions<Batch, Output>,
): Promise<Checkpoint> {
  return {
    step: state.step,
    key: options.key.words,
    params: await paramsToHost(state.params),
    states: {
      optimizer: await stateToHost(state.optimizer),
      sampler: await stateToHost(options.sampler.state()),
      reducer: await stateToHost(state.reducer),
    },
  }
}

/** Puts a checkpoint in the place of a fresh state, and into the sampler; refuses one of another training. */
export function fromCheckpoint<Batch, Output>(
  { checkpoint, path }: LoadedCheckpoint,
  fresh: TrainingState,
  options: TrainOptions<Batch, Output>,
): TrainingState {
  const { step, key, states } = checkpoint
  if (key[0] !== options.key.words[0] || key[1] !== options.key.words[1]) {
    throw mismatch(
      path,
      `it was made with the key [${key.join(', ')}], this training has [${options.key.words.join(', ')}]`,
    )
  }
  if (step > options.steps)
    throw mismatch(path, `it has ${step} steps done, this training asks for ${options.steps} in all`)
  const backend: Backend = Object.values(fresh.params)[0]?.backend ?? defaultBackend()
  const state = scope(() => ({
    step,
    params: paramsFromHost(checkpoint.params, { backend }),
    optimizer: stateFromHost(states.optimizer, backend),
    reducer: stateFromHost(states.reducer, backend),
  }))
  try {
    checkSameStructure(fresh.params, state.params, { where: path, got: 'the parameters of the checkpoint' })
    checkSameStructure(fresh.optimizer.tensors, state.optimizer.tensors, {
      where: path,
      got: "the optimizer's state in the checkpoint",
    })
    const sampler = stateFromHost(states.sampler, backend)
    options.sampler.restore(sampler)
    const inOrder = (tensors: Params, like: Params): Params => ({ ...pick(tensors, like), ...tensors })
    const { params, optimizer, reducer } = state
    return replaceState(fresh, {
      step,
      params: inOrder(params, fresh.params),
      optimizer: { json: optimizer.json, tensors: inOrder(optimizer.tensors, fresh.optimizer.tensors) },
      reducer: { json: reducer.json, tensors: inOrder(reducer.tensors, fresh.reducer.tensors) },
    })
  } catch (error) {
    dispose(state)
    throw error
  }
}

/**
 * The tensors that `like` names, in its order. Files sort names in their own way, and what depends on the order (a
 * compressor that stacks tensors of one shape) must not notice that training was interrupted.
 */
function pick(tensors: Params, like: Params): Params {
  return Object.fromEntries(
    Object.keys(like).flatMap((name) => (tensors[name] === undefined ? [] : [[name, tensors[name]]])),
  )
}

function mismatch(path: string, message: string): LemanicError {
  return new LemanicError('checkpoint-mismatch', `${path}: the checkpoint belongs to another training: ${message}`, {
    fields: { path },
    help: 'use another folder, or pass { resume: false } to start anew',
  })
}
