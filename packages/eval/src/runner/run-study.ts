import { join } from 'node:path'
import { EvalError } from '../errors.js'
import { collectResults } from '../study/collect-results.js'
import type { AnyStudy } from '../study/define-study.js'
import type { Environment, Results } from '../study/results.js'
import { readDropped, writeDropped } from './dropped-arms.js'
import { describeEstimate, describeSeconds, estimateRuns } from './estimate.js'
import type { StudyEvent } from './events.js'
import { dearestFirst, makeRuns, probeArms } from './make-runs.js'
import { type PlannedRun, planRuns, type Shard } from './plan-runs.js'
import { type PlanOptions, planStudy } from './plan-study.js'
import { writeAtomically } from './run-store.js'
import { startLocalWorker, startWorkerProcess } from './worker-process.js'

/** How to run a study. */
export interface RunStudyOptions {
  readonly preset: string
  /** Results go to `<out>/<study>/<preset>/`. */
  readonly out: string
  /** The machine, backend and versions; `threads` and `processes` in it are also those that runs get. */
  readonly environment: Environment
  /** Names the version of the code (commit, or a hash of the sources): runs made by other code are not mixed in. */
  readonly code: string
  /** A module that calls `serveStudy`; absent: runs are made in this process, one after another. */
  readonly worker?: string | URL
  /** Milliseconds of a steady clock, for example `() => performance.now()`. */
  readonly clock: () => number
  /** The first n seeds of the preset and, beyond them, the next whole numbers; or the seeds themselves. */
  readonly seeds?: number | readonly number[]
  /** A data order in place of the study's own; one of its `dataOrders`. Runs of another order are not mixed in. */
  readonly dataOrder?: string
  readonly shard?: Shard
  readonly signal?: AbortSignal
  /** Drop optional arms, the last first, until the estimate fits; training is never shortened. */
  readonly budgetSeconds?: number
  /** The command that makes these results again, for the report. */
  readonly command?: string
}

/**
 * Runs a study and tells how it goes: arms × seeds, in worker processes, with every finished run kept on disk.
 *
 * Finished runs found in the store are reused, so a killed study continues where it stopped and ends with the same
 * numbers; a failed run is recorded, tried again the next time, and does not stop the others. Ends with a `study-end`
 * event that carries the results (also written to `results.json`). Breaking out of the loop stops the workers. Throws
 * `EvalError` before any work starts for a wrong option, and with code `worker-failed` when the study's `setup` fails.
 */
export async function* runStudy(
  study: AnyStudy,
  options: RunStudyOptions,
): AsyncGenerator<StudyEvent, void, undefined> {
  const plan = planStudy(study, options)
  const { store, environment, seeds, arms, armSeeds } = plan
  const pace = new Map<string, number>()
  const discarded = new Set<string>()
  const state = await store.load(planRuns(arms, seeds, undefined, armSeeds))
  for (const item of state.discarded) {
    if (discarded.has(item.path)) continue
    discarded.add(item.path)
    yield { type: 'run-discarded', ...item }
  }
  const done = new Map(state.runs.filter((run) => run.status === 'done').map((run) => [key(run), run]))
  for (const arm of arms) {
    const finished = [...done.values()].filter((run) => run.arm === arm)
    if (finished.length > 0) pace.set(arm, finished.reduce((sum, run) => sum + run.seconds, 0) / finished.length)
  }
  const stillToDo = (kept: readonly string[]) =>
    planRuns(kept, seeds, options.shard, armSeeds).filter((run) => !done.has(key(run)))
  let dropped = plan.budgetKey === undefined ? {} : await readDropped(store.directory, plan.budgetKey)
  let kept = arms.filter((arm) => dropped?.[arm] === undefined)
  let pending = stillToDo(kept)
  const processes = options.worker === undefined ? 1 : Math.max(1, Math.min(environment.processes, pending.length))
  const shared = {
    study,
    preset: options.preset,
    threads: environment.threads,
    backend: environment.backend,
    ...(options.dataOrder === undefined ? {} : { dataOrder: options.dataOrder }),
  }
  const workers = Array.from({ length: processes }, () =>
    options.worker === undefined
      ? startLocalWorker({ ...shared, clock: options.clock })
      : startWorkerProcess({ ...shared, module: options.worker }),
  )
  const stopAll = () => Promise.all(workers.map((worker) => worker.stop()))
  const onAbort = () => void stopAll()
  options.signal?.addEventListener('abort', onAbort)
  try {
    const unmeasured = [...new Set(pending.map((run) => run.arm))].filter((arm) => !pace.has(arm))
    if (study.probe && unmeasured.length > 0 && !options.signal?.aborted) {
      yield { type: 'probe-start', arms: unmeasured }
      yield* probeArms(workers, store, unmeasured, pace)
    }
    let estimate = estimateRuns(pending, pace, processes)
    if (dropped === undefined) {
      dropped = {}
      while (options.budgetSeconds !== undefined && estimate && estimate.seconds > options.budgetSeconds) {
        const last = kept.findLast(
          (arm) => study.arms[arm].optional === true && ![...done.values()].some((run) => run.arm === arm),
        )
        if (last === undefined) break
        dropped[last] =
          `the runs would take ${describeSeconds(estimate.seconds)}, the budget is ${describeSeconds(options.budgetSeconds)}`
        kept = kept.filter((arm) => arm !== last)
        pending = stillToDo(kept)
        estimate = estimateRuns(pending, pace, processes)
      }
      if (plan.budgetKey !== undefined) await writeDropped(store.directory, plan.budgetKey, dropped)
    }
    for (const [arm, reason] of Object.entries(dropped)) yield { type: 'arm-dropped', arm, reason }
    const total = planRuns(kept, seeds, options.shard, armSeeds).length
    yield {
      type: 'study-start',
      study: study.name,
      preset: options.preset,
      directory: store.directory,
      runs: total,
      reused: total - pending.length,
      pending: pending.length,
      ...(estimate ? { estimate } : {}),
      announcement: announce(pending.length, total - pending.length, processes, estimate),
    }
    const failures: { arm: string; seed: number; error: string }[] = []
    yield* makeRuns({
      workers,
      store,
      pending: dearestFirst(pending, pace),
      pace,
      failures,
      ...(options.signal ? { signal: options.signal } : {}),
    })
    const aborted = options.signal?.aborted === true
    const results = await gather(study, options, plan, dropped)
    const resultsPath = join(store.directory, 'results.json')
    await writeAtomically(resultsPath, `${JSON.stringify(results, null, 1)}\n`)
    const exitCode = failures.length > 0 || aborted ? 1 : 0
    yield { type: 'study-end', results, resultsPath, failures, aborted, exitCode }
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
    await stopAll()
  }
}

/**
 * Puts together whatever runs of a study are in the store, those of all shards included, writes `results.json` and
 * returns the results; nothing is run. The runs that are not there are listed in `missing`.
 */
export async function mergeRuns(
  study: AnyStudy,
  options: Omit<RunStudyOptions, 'worker' | 'clock' | 'signal' | 'shard'>,
): Promise<{ results: Results; resultsPath: string }> {
  const plan = planStudy(study, options)
  const results = await gather(study, options, plan, await droppedArms(study, plan))
  const resultsPath = join(plan.store.directory, 'results.json')
  if (results.runs.length === 0) {
    throw new EvalError(
      'store-failed',
      `Study '${study.name}': expected finished runs of preset '${options.preset}' in ${join(plan.store.directory, 'runs')}, found none ` +
        `made by this code (${options.code}) with these options. Run the study first, or check \`out\`.`,
      { directory: plan.store.directory },
    )
  }
  await writeAtomically(resultsPath, `${JSON.stringify(results, null, 1)}\n`)
  return { results, resultsPath }
}

/** Arms that the last start dropped and that have no runs since. */
async function droppedArms(study: AnyStudy, plan: ReturnType<typeof planStudy>): Promise<Record<string, string>> {
  const dropped = (await readDropped(plan.store.directory, 'any')) ?? {}
  const { runs } = await plan.store.load(planRuns(plan.arms, plan.seeds, undefined, plan.armSeeds))
  return Object.fromEntries(
    Object.entries(dropped).filter(([arm]) => arm in study.arms && !runs.some((run) => run.arm === arm)),
  )
}

async function gather(
  study: AnyStudy,
  options: PlanOptions,
  plan: ReturnType<typeof planStudy>,
  dropped: Readonly<Record<string, string>>,
) {
  const { runs } = await plan.store.load(planRuns(plan.arms, plan.seeds, undefined, plan.armSeeds))
  return collectResults(study, {
    preset: options.preset,
    runs,
    environment: plan.environment,
    seeds: plan.seeds,
    ...(options.dataOrder === undefined ? {} : { dataOrder: options.dataOrder }),
    dropped,
    ...(options.command === undefined ? {} : { command: options.command }),
  })
}

function announce(
  pending: number,
  reused: number,
  processes: number,
  estimate: ReturnType<typeof estimateRuns>,
): string {
  const found = reused === 0 ? '' : `${reused} finished ${reused === 1 ? 'run' : 'runs'} found; `
  if (estimate) return found + describeEstimate(estimate)
  return `${found}${pending} ${pending === 1 ? 'run' : 'runs'} on ${processes} ${processes === 1 ? 'process' : 'processes'}, time not measured`
}

function key(run: PlannedRun): string {
  return `${run.arm} ${run.seed}`
}
