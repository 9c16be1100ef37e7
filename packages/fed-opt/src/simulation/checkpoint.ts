import type { Checkpoint, HostTensor, Json, RandomKey } from '@lemanic/tensor-core'
import type { RowsState } from '../aggregators/aggregator.js'
import type { AlgorithmState } from '../algorithms/algorithm.js'
import { argumentError } from '../refuse.js'
import { rowsFromHost } from '../rows/rows-from-host.js'
import type { Counters } from './counters.js'

/** All that a run needs to go on after a round. */
export interface Snapshot {
  /** Rounds done. */
  readonly rounds: number
  readonly algorithm: AlgorithmState
  /** What the attack keeps, by channel. */
  readonly attack: Readonly<Record<string, RowsState>>
  readonly quarantined: readonly number[]
  readonly counters: Counters
}

const separator = '|'

/** A snapshot in the form of the training loop's checkpoints, so that the same stores (memory, folder) keep both. */
export function toCheckpoint(snapshot: Snapshot, name: string, key: RandomKey): Checkpoint {
  const { rounds, algorithm, attack, quarantined, counters } = snapshot
  const attackRows = Object.entries(attack).flatMap(([channel, rows]) =>
    Object.entries(rows).map(([part, value]) => [`${channel}${separator}${part}`, value] as const),
  )
  return {
    step: rounds,
    key: key.words,
    params: hostOf(algorithm.rows),
    states: {
      optimizer: { json: { algorithm: name, state: algorithm.json }, tensors: {} },
      sampler: { json: { quarantined: [...quarantined], counters: { ...counters } }, tensors: {} },
      reducer: { json: null, tensors: hostOf(Object.fromEntries(attackRows)) },
    },
  }
}

/** The snapshot of a checkpoint; refuses one of another algorithm or another key. */
export function fromCheckpoint(checkpoint: Checkpoint, name: string, key: RandomKey): Snapshot {
  const saved = checkpoint.states.optimizer.json as { readonly algorithm?: string; readonly state?: Json } | null
  if (saved?.algorithm !== name) {
    throw argumentError('simulate', `the checkpoint is of "${saved?.algorithm ?? 'a training'}", expected "${name}"`, {
      help: 'give every arm a checkpoint store of its own',
    })
  }
  if (checkpoint.key.join() !== key.words.join()) {
    throw argumentError('simulate', 'the checkpoint was made with another key', { help: 'resume with the same key' })
  }
  const { quarantined, counters } = checkpoint.states.sampler.json as unknown as Pick<
    Snapshot,
    'quarantined' | 'counters'
  >
  const attack: Record<string, RowsState> = {}
  for (const [label, rows] of Object.entries(rowsOf(checkpoint.states.reducer.tensors))) {
    const at = label.lastIndexOf(separator)
    const channel = label.slice(0, at)
    attack[channel] = { ...attack[channel], [label.slice(at + 1)]: rows }
  }
  return {
    rounds: checkpoint.step,
    algorithm: { rows: rowsOf(checkpoint.params), json: saved.state ?? null },
    attack,
    quarantined,
    counters,
  }
}

function hostOf(state: RowsState): Record<string, HostTensor> {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, rows]) =>
      Object.entries(rows.toHost()).map(([part, value]) => [`${name}/${part}`, value]),
    ),
  )
}

function rowsOf(host: Readonly<Record<string, HostTensor>>): RowsState {
  const groups: Record<string, Record<string, HostTensor>> = {}
  for (const [label, value] of Object.entries(host)) {
    const at = label.indexOf('/')
    ;(groups[label.slice(0, at)] ??= {})[label.slice(at + 1)] = value
  }
  return Object.fromEntries(Object.entries(groups).map(([name, parts]) => [name, rowsFromHost(parts)]))
}
