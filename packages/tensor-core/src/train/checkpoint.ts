import type { Backend, KeyWords } from '../backend.js'
import { paramsFromHost, paramsToHost } from '../params/host.js'
import type { Json, State } from '../params/state.js'
import type { HostTensor } from '../safetensors/reader.js'

export type HostTensors = Readonly<Record<string, HostTensor>>

/** A `State` on the host. */
export interface HostState {
  readonly json: Json
  readonly tensors: HostTensors
}

/** Everything that training needs to go on as if it had not been interrupted. */
export interface Checkpoint {
  /** Steps done. */
  readonly step: number
  /** Words of the key that training was given. */
  readonly key: KeyWords
  readonly params: HostTensors
  readonly states: Readonly<Record<'optimizer' | 'sampler' | 'reducer', HostState>>
}

/** The newest checkpoint that can be used, and those that could not. */
export interface LoadedCheckpoint {
  readonly checkpoint: Checkpoint
  readonly path: string
}

export interface RefusedCheckpoint {
  readonly path: string
  readonly message: string
}

/** Where checkpoints are kept. */
export interface CheckpointStore {
  /** Keeps a checkpoint and returns where; an earlier good one is not lost when this fails. */
  save(checkpoint: Checkpoint): Promise<string>
  /**
   * The newest good checkpoint with at most `atMost` steps done (default: any number), undefined when there is none at
   * all; throws when there are only damaged ones.
   */
  load(atMost?: number): Promise<{
    readonly loaded: LoadedCheckpoint | undefined
    readonly refused: readonly RefusedCheckpoint[]
  }>
}

export async function stateToHost(state: State): Promise<HostState> {
  return { json: state.json, tensors: await paramsToHost(state.tensors) }
}

export function stateFromHost(state: HostState, backend: Backend): State {
  return { json: state.json, tensors: paramsFromHost(state.tensors, { backend }) }
}

/** Keeps the last checkpoint in memory. */
export function memoryCheckpoints(): CheckpointStore {
  let last: Checkpoint | undefined
  return {
    save(checkpoint) {
      last = structuredClone(checkpoint)
      return Promise.resolve(`memory, step ${checkpoint.step}`)
    },
    load: (atMost = Infinity) =>
      Promise.resolve({
        loaded:
          last === undefined || last.step > atMost
            ? undefined
            : { checkpoint: structuredClone(last), path: `memory, step ${last.step}` },
        refused: [],
      }),
  }
}
