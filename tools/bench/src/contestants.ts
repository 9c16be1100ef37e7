import {
  createNativeBackend,
  loadBackend,
  setDefaultBackend,
  type Backend,
  type BackendName,
} from '@lemanic/tensor-core'
import type { Bench } from './bench.js'
import { timeRound } from './time-round.js'

/** Someone who runs benches: one of our backends, or a peer. */
export interface Contestant {
  readonly name: string
  /** Seconds that one iteration of a bench takes in one round; undefined where he cannot run it. */
  time(bench: Bench): Promise<number | undefined>
  /** Drops what the last bench needed. */
  forget(): void
  stop(): void
}

export interface BackendChoice {
  readonly backend: BackendName
  /** Of the native engine: another one than the best. */
  readonly instructionSet?: string
  readonly threads: number
}

export function loadChoice({ backend, instructionSet, threads }: BackendChoice): Backend | Promise<Backend> {
  if (instructionSet === undefined || backend !== 'native') return loadBackend(backend, { threads })
  return createNativeBackend({ threads, instructionSet: instructionSet as 'best' })
}

export const choiceName = ({ backend, instructionSet }: BackendChoice): string =>
  instructionSet === undefined || backend !== 'native' ? backend : `${backend} (${instructionSet})`

/** One of our backends: keeps the running bench prepared between rounds. */
export function contestantOf(name: string, backend: Backend): Contestant {
  let prepared: { bench: Bench; iterate: () => void } | undefined
  return {
    name,
    time(bench) {
      setDefaultBackend(backend)
      if (prepared?.bench !== bench) prepared = { bench, iterate: bench.prepare(backend) }
      return Promise.resolve(timeRound(prepared.iterate))
    },
    forget() {
      prepared = undefined
    },
    stop: () => backend.dispose?.(),
  }
}
