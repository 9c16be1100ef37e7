import { EvalError } from '../errors.js'
import type { RecordedRun } from '../study/collect-results.js'
import { AsyncQueue } from './async-queue.js'
import type { StudyEvent } from './events.js'
import type { PlannedRun } from './plan-runs.js'
import type { RunStore } from './run-store.js'
import { isSetupError, type Worker } from './worker-process.js'

/** Each arm once, all workers at the same time, so that what is measured is the pace with company. */
export async function* probeArms(
  workers: readonly Worker[],
  store: RunStore,
  arms: readonly string[],
  pace: Map<string, number>,
) {
  const queue = new AsyncQueue<StudyEvent>()
  const waiting = [...arms]
  const work = async (worker: Worker) => {
    for (let arm = waiting.shift(); arm !== undefined; arm = waiting.shift()) {
      const place = { arm: `probe-${arm}`, seed: 0 }
      const seconds = await worker.probe(arm, await store.checkpointDirectory(place))
      await store.removeCheckpoints(place)
      pace.set(arm, seconds)
      queue.push({ type: 'probe-end', arm, seconds })
    }
  }
  Promise.all(workers.map(work)).then(
    () => queue.end(),
    (error) => (EvalError.isInstance(error) && error.code === 'run-aborted' ? queue.end() : queue.fail(error)),
  )
  yield* queue
}

/** Makes the pending runs, each worker one after another, keeps every one on disk, and tells. */
export async function* makeRuns(facts: {
  workers: readonly Worker[]
  store: RunStore
  pending: readonly PlannedRun[]
  pace: ReadonlyMap<string, number>
  failures: { arm: string; seed: number; error: string }[]
  signal?: AbortSignal
}): AsyncGenerator<StudyEvent> {
  const { workers, store, pending, pace, failures, signal } = facts
  const queue = new AsyncQueue<StudyEvent>()
  let next = 0
  let completed = 0
  const underway = new Map<number, number>()
  const measured = new Map<string, number[]>()
  const paceOf = (arm: string) => {
    const seconds = measured.get(arm)
    return seconds ? seconds.reduce((sum, value) => sum + value, 0) / seconds.length : pace.get(arm)
  }
  const remaining = () => {
    let total = 0
    for (let index = 0; index < pending.length; index++) {
      const seconds = paceOf(pending[index]!.arm)
      if (seconds === undefined) return {}
      if (index >= next) total += seconds
      else if (underway.has(index)) total += seconds * (1 - underway.get(index)!)
    }
    return { remainingSeconds: total / workers.length }
  }
  const work = async (worker: Worker) => {
    while (next < pending.length && !signal?.aborted) {
      const index = next++
      const run = pending[index]!
      underway.set(index, 0)
      queue.push({ type: 'run-start', ...run, index })
      let record: RecordedRun
      let stack: string | undefined
      try {
        const checkpointDirectory = await store.checkpointDirectory(run)
        const { output, seconds } = await worker.run({ ...run, checkpointDirectory }, (progress) => {
          underway.set(index, Math.min(1, Math.max(0, progress.fraction)))
          queue.push({ type: 'run-progress', ...run, index, ...progress })
        })
        record = { ...run, status: 'done', seconds, ...output }
      } catch (error) {
        if (signal?.aborted || (EvalError.isInstance(error) && error.code === 'run-aborted')) return
        if (isSetupError(error)) throw error
        const message = error instanceof Error ? error.message : String(error)
        if (error instanceof Error) stack = error.stack
        record = { ...run, status: 'failed', seconds: 0, metrics: {}, error: message }
        failures.push({ ...run, error: message })
      }
      await store.save(record)
      underway.delete(index)
      if (record.status === 'done') {
        await store.removeCheckpoints(run)
        measured.set(run.arm, [...(measured.get(run.arm) ?? []), record.seconds])
      }
      const shared = {
        ...run,
        index,
        seconds: record.seconds,
        completed: ++completed,
        total: pending.length,
        ...remaining(),
      }
      queue.push(
        record.status === 'done'
          ? { type: 'run-end', status: 'done', metrics: record.metrics, ...shared }
          : {
              type: 'run-end',
              status: 'failed',
              error: record.error!,
              ...(stack === undefined ? {} : { stack }),
              ...shared,
            },
      )
    }
  }
  Promise.all(workers.map(work)).then(
    () => queue.end(),
    (error) => queue.fail(error),
  )
  yield* queue
}

/** Within a seed the runs that take longest start first, so that no process is left alone with one at the end. */
export function dearestFirst(pending: readonly PlannedRun[], pace: ReadonlyMap<string, number>): PlannedRun[] {
  const seeds = [...new Set(pending.map((run) => run.seed))]
  return seeds.flatMap((seed) =>
    pending.filter((run) => run.seed === seed).sort((a, b) => (pace.get(b.arm) ?? 0) - (pace.get(a.arm) ?? 0)),
  )
}
