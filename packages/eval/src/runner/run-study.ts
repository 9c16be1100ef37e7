import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EvalError } from '../errors.js';
import { nearestWord } from '../nearest-word.js';
import { collectResults, findPreset, type RecordedRun } from '../study/collect-results.js';
import { type AnyStudy, seedsOfPreset } from '../study/define-study.js';
import type { Environment, Results } from '../study/results.js';
import { AsyncQueue } from './async-queue.js';
import { describeEstimate, describeSeconds, estimateRuns } from './estimate.js';
import type { StudyEvent } from './events.js';
import { fingerprint } from './fingerprint.js';
import { type PlannedRun, planRuns, type Shard } from './plan-runs.js';
import { openRunStore, type RunStore, writeAtomically } from './run-store.js';
import { isSetupError, startLocalWorker, startWorkerProcess, type Worker } from './worker-process.js';

/** How to run a study. */
export interface RunStudyOptions {
  readonly preset: string;
  /** Results go to `<out>/<study>/<preset>/`. */
  readonly out: string;
  /** The machine, backend and versions; `threads` and `processes` in it are also those that runs get. */
  readonly environment: Environment;
  /** Names the version of the code (commit, or a hash of the sources): runs made by other code are not mixed in. */
  readonly code: string;
  /** A module that calls `serveStudy`; absent: runs are made in this process, one after another. */
  readonly worker?: string | URL;
  /** Milliseconds of a steady clock, for example `() => performance.now()`. */
  readonly clock: () => number;
  /** The first n seeds of the preset and, beyond them, the next whole numbers; or the seeds themselves. */
  readonly seeds?: number | readonly number[];
  readonly shard?: Shard;
  readonly signal?: AbortSignal;
  /** Drop optional arms, the last first, until the estimate fits; training is never shortened. */
  readonly budgetSeconds?: number;
  /** The command that makes these results again, for the report. */
  readonly command?: string;
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
  const plan = planStudy(study, options);
  const { store, environment, seeds, arms } = plan;
  const pace = new Map<string, number>();
  const discarded = new Set<string>();
  const state = await store.load(planRuns(arms, seeds));
  for (const item of state.discarded) {
    if (discarded.has(item.path)) continue;
    discarded.add(item.path);
    yield { type: 'run-discarded', ...item };
  }
  const done = new Map(state.runs.filter((run) => run.status === 'done').map((run) => [key(run), run]));
  for (const arm of arms) {
    const finished = [...done.values()].filter((run) => run.arm === arm);
    if (finished.length > 0) pace.set(arm, finished.reduce((sum, run) => sum + run.seconds, 0) / finished.length);
  }
  const stillToDo = (kept: readonly string[]) =>
    planRuns(kept, seeds, options.shard).filter((run) => !done.has(key(run)));
  let dropped = await readDropped(store.directory, plan.budgetKey);
  let kept = arms.filter((arm) => dropped?.[arm] === undefined);
  let pending = stillToDo(kept);
  const processes = options.worker === undefined ? 1 : Math.max(1, Math.min(environment.processes, pending.length));
  const shared = { study, preset: options.preset, threads: environment.threads, backend: environment.backend };
  const workers = Array.from({ length: processes }, () =>
    options.worker === undefined
      ? startLocalWorker({ ...shared, clock: options.clock })
      : startWorkerProcess({ ...shared, module: options.worker }),
  );
  const stopAll = () => Promise.all(workers.map((worker) => worker.stop()));
  const onAbort = () => void stopAll();
  options.signal?.addEventListener('abort', onAbort);
  try {
    const unmeasured = [...new Set(pending.map((run) => run.arm))].filter((arm) => !pace.has(arm));
    if (study.probe && unmeasured.length > 0 && !options.signal?.aborted) {
      yield { type: 'probe-start', arms: unmeasured };
      yield* probeArms(workers, store, unmeasured, pace);
    }
    let estimate = estimateRuns(pending, pace, processes);
    if (dropped === undefined) {
      dropped = {};
      while (options.budgetSeconds !== undefined && estimate && estimate.seconds > options.budgetSeconds) {
        const last = kept.findLast(
          (arm) => study.arms[arm].optional === true && ![...done.values()].some((run) => run.arm === arm),
        );
        if (last === undefined) break;
        dropped[last] =
          `the runs would take ${describeSeconds(estimate.seconds)}, the budget is ${describeSeconds(options.budgetSeconds)}`;
        kept = kept.filter((arm) => arm !== last);
        pending = stillToDo(kept);
        estimate = estimateRuns(pending, pace, processes);
      }
      if (plan.budgetKey !== undefined) await writeDropped(store, plan.budgetKey, dropped);
    }
    for (const [arm, reason] of Object.entries(dropped)) yield { type: 'arm-dropped', arm, reason };
    const total = planRuns(kept, seeds, options.shard).length;
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
    };
    const failures: { arm: string; seed: number; error: string }[] = [];
    yield* makeRuns({
      workers,
      store,
      pending: dearestFirst(pending, pace),
      pace,
      failures,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const aborted = options.signal?.aborted === true;
    const results = await gather(study, options, plan, dropped);
    const resultsPath = join(store.directory, 'results.json');
    await writeAtomically(resultsPath, `${JSON.stringify(results, null, 1)}\n`);
    const exitCode = failures.length > 0 || aborted ? 1 : 0;
    yield { type: 'study-end', results, resultsPath, failures, aborted, exitCode };
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    await stopAll();
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
  const plan = planStudy(study, options);
  const results = await gather(study, options, plan, (await readDropped(plan.store.directory, plan.budgetKey)) ?? {});
  const resultsPath = join(plan.store.directory, 'results.json');
  if (results.runs.length === 0) {
    throw new EvalError(
      'store-failed',
      `Study '${study.name}': expected finished runs of preset '${options.preset}' in ${join(plan.store.directory, 'runs')}, found none ` +
        `made by this code (${options.code}) with these options. Run the study first, or check \`out\`.`,
      { directory: plan.store.directory },
    );
  }
  await writeAtomically(resultsPath, `${JSON.stringify(results, null, 1)}\n`);
  return { results, resultsPath };
}

type PlanOptions = Omit<RunStudyOptions, 'worker' | 'clock' | 'signal'>;

function planStudy(study: AnyStudy, options: PlanOptions) {
  const preset = findPreset(study, options.preset);
  const known = [
    'preset',
    'out',
    'environment',
    'code',
    'worker',
    'clock',
    'seeds',
    'shard',
    'signal',
    'budgetSeconds',
    'command',
  ];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestWord(name, known);
    throw new EvalError(
      'invalid-option',
      `runStudy: unknown option \`${name}\`${nearest ? `; did you mean \`${nearest}\`?` : ''}.`,
      { name },
    );
  }
  const { environment, budgetSeconds } = options;
  if (budgetSeconds !== undefined && !(budgetSeconds > 0)) {
    throw new EvalError('invalid-option', `runStudy: expected \`budgetSeconds\` above 0, got ${budgetSeconds}.`, {
      budgetSeconds,
    });
  }
  const seeds = chooseSeeds(seedsOfPreset(preset), options.seeds);
  const arms = preset.arms ?? Object.keys(study.arms);
  const store = openRunStore({
    directory: join(options.out, study.name, options.preset),
    identity: { study: study.name, options: preset.options, backend: environment.backend },
    code: options.code,
  });
  const budgetKey =
    budgetSeconds === undefined
      ? undefined
      : fingerprint({ budgetSeconds, seeds, arms, options: preset.options, code: options.code });
  return { store, environment, seeds, arms, budgetKey };
}

function chooseSeeds(own: readonly number[], wanted: number | readonly number[] | undefined): readonly number[] {
  if (wanted === undefined) return own;
  if (typeof wanted !== 'number') {
    if (wanted.length > 0 && wanted.every(Number.isInteger) && new Set(wanted).size === wanted.length) return wanted;
    throw new EvalError(
      'invalid-option',
      `runStudy: expected \`seeds\` to be different whole numbers, got [${wanted.join(', ')}].`,
      { seeds: wanted },
    );
  }
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new EvalError(
      'invalid-option',
      `runStudy: expected \`seeds\` to be a whole number of at least 1, got ${wanted}.`,
      { seeds: wanted },
    );
  }
  const seeds = own.slice(0, wanted);
  for (let seed = Math.max(...own) + 1; seeds.length < wanted; seed++) seeds.push(seed);
  return seeds;
}

async function gather(
  study: AnyStudy,
  options: PlanOptions,
  plan: ReturnType<typeof planStudy>,
  dropped: Readonly<Record<string, string>>,
) {
  const { runs } = await plan.store.load(planRuns(plan.arms, plan.seeds));
  return collectResults(study, {
    preset: options.preset,
    runs,
    environment: plan.environment,
    seeds: plan.seeds,
    dropped,
    ...(options.command === undefined ? {} : { command: options.command }),
  });
}

/** Each arm once, all workers at the same time, so that what is measured is the pace with company. */
async function* probeArms(
  workers: readonly Worker[],
  store: RunStore,
  arms: readonly string[],
  pace: Map<string, number>,
) {
  const queue = new AsyncQueue<StudyEvent>();
  const waiting = [...arms];
  const work = async (worker: Worker) => {
    for (let arm = waiting.shift(); arm !== undefined; arm = waiting.shift()) {
      const place = { arm: `probe-${arm}`, seed: 0 };
      const seconds = await worker.probe(arm, await store.checkpointDirectory(place));
      await store.removeCheckpoints(place);
      pace.set(arm, seconds);
      queue.push({ type: 'probe-end', arm, seconds });
    }
  };
  Promise.all(workers.map(work)).then(
    () => queue.end(),
    (error) => (EvalError.isInstance(error) && error.code === 'run-aborted' ? queue.end() : queue.fail(error)),
  );
  yield* queue;
}

async function* makeRuns(facts: {
  workers: readonly Worker[];
  store: RunStore;
  pending: readonly PlannedRun[];
  pace: ReadonlyMap<string, number>;
  failures: { arm: string; seed: number; error: string }[];
  signal?: AbortSignal;
}): AsyncGenerator<StudyEvent> {
  const { workers, store, pending, pace, failures, signal } = facts;
  const queue = new AsyncQueue<StudyEvent>();
  let next = 0;
  let completed = 0;
  const remaining = () => {
    const estimate = estimateRuns(pending.slice(next), pace, workers.length);
    return estimate ? { remainingSeconds: estimate.seconds } : {};
  };
  const work = async (worker: Worker) => {
    while (next < pending.length && !signal?.aborted) {
      const index = next++;
      const run = pending[index]!;
      queue.push({ type: 'run-start', ...run, index });
      let record: RecordedRun;
      let stack: string | undefined;
      try {
        const checkpointDirectory = await store.checkpointDirectory(run);
        const { output, seconds } = await worker.run({ ...run, checkpointDirectory }, (progress) =>
          queue.push({ type: 'run-progress', ...run, index, ...progress }),
        );
        record = { ...run, status: 'done', seconds, ...output };
      } catch (error) {
        if (signal?.aborted || (EvalError.isInstance(error) && error.code === 'run-aborted')) return;
        if (isSetupError(error)) throw error;
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof Error) stack = error.stack;
        record = { ...run, status: 'failed', seconds: 0, metrics: {}, error: message };
        failures.push({ ...run, error: message });
      }
      await store.save(record);
      if (record.status === 'done') await store.removeCheckpoints(run);
      const shared = {
        ...run,
        index,
        seconds: record.seconds,
        completed: ++completed,
        total: pending.length,
        ...remaining(),
      };
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
      );
    }
  };
  Promise.all(workers.map(work)).then(
    () => queue.end(),
    (error) => queue.fail(error),
  );
  yield* queue;
}

/** Within a seed the runs that take longest start first, so that no process is left alone with one at the end. */
function dearestFirst(pending: readonly PlannedRun[], pace: ReadonlyMap<string, number>): PlannedRun[] {
  const seeds = [...new Set(pending.map((run) => run.seed))];
  return seeds.flatMap((seed) =>
    pending.filter((run) => run.seed === seed).sort((a, b) => (pace.get(b.arm) ?? 0) - (pace.get(a.arm) ?? 0)),
  );
}

function announce(
  pending: number,
  reused: number,
  processes: number,
  estimate: ReturnType<typeof estimateRuns>,
): string {
  const found = reused === 0 ? '' : `${reused} finished ${reused === 1 ? 'run' : 'runs'} found; `;
  if (estimate) return found + describeEstimate(estimate);
  return `${found}${pending} ${pending === 1 ? 'run' : 'runs'} on ${processes} ${processes === 1 ? 'process' : 'processes'}, time not measured`;
}

function key(run: PlannedRun): string {
  return `${run.arm} ${run.seed}`;
}

/** The arms that an earlier start with the same budget and plan dropped, so that a resumed study drops the same. */
async function readDropped(
  directory: string,
  budgetKey: string | undefined,
): Promise<Record<string, string> | undefined> {
  if (budgetKey === undefined) return {};
  try {
    const value = JSON.parse(await readFile(join(directory, 'plan.json'), 'utf8')) as {
      key: string;
      dropped: Record<string, string>;
    };
    return value.key === budgetKey ? value.dropped : undefined;
  } catch {
    return undefined;
  }
}

async function writeDropped(store: RunStore, budgetKey: string, dropped: Record<string, string>): Promise<void> {
  await store.checkpointDirectory({ arm: 'plan', seed: 0 });
  await store.removeCheckpoints({ arm: 'plan', seed: 0 });
  await writeAtomically(join(store.directory, 'plan.json'), JSON.stringify({ key: budgetKey, dropped }));
}
