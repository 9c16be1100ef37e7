import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { AnyStudy } from '@lemanic/eval'
import { parseShard, type RunStudyOptions } from '@lemanic/eval/node'
import { type Backend, createBackend, LemanicError } from '@lemanic/tensor-core'
import type { Options } from './options.js'
import { captureEnvironment } from './run-environment.js'
import { sourceFingerprint } from './source-fingerprint.js'
import type { StudyEntry } from './studies.js'
import type { Terminal } from './terminal.js'

/** Everything that `runStudy` and `mergeRuns` need. */
export interface StudySetup {
  readonly study: AnyStudy
  readonly options: Omit<RunStudyOptions, 'clock' | 'signal'>
}

/** Loads a study, prepares its data, chooses the backend and describes the machine; nothing is run yet. */
export async function setUpStudy(
  entry: StudyEntry,
  options: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<StudySetup> {
  if (entry.package === undefined) {
    throw new LemanicError('study-not-available', `The study "${entry.name}" is planned and not there yet.`, {
      fields: { study: entry.name },
      help: '"npm start -- list" shows the studies and their state',
    })
  }
  const prepare = await entry.package.load()
  const engine = await chooseBackend(options.backend, options.threads)
  const backend = engine.name
  const settings = {
    preset: options.preset,
    backend,
    cacheFolder: resolve(options.cache),
    ...(options.data === undefined ? {} : { dataFolder: resolve(options.data) }),
  }
  const { study, worker, workerSettings } = await prepare(settings, {
    signal,
    onProgress: (message) => terminal.say(terminal.color.dim(message)),
  })
  // Workers are forked with this environment, and make the study again from these settings.
  process.env.LEMANIC_STUDY_SETTINGS = JSON.stringify(workerSettings)
  const environment = captureEnvironment({
    packageName: entry.package.name,
    backend,
    threads: options.threads ?? 1,
    // TensorFlow takes a GPU's whole memory: a second process would find none.
    processes: options.processes ?? (engine.describe().device === 'GPU' ? 1 : availableParallelism()),
  })
  return {
    study,
    options: {
      preset: options.preset,
      out: options.out,
      environment,
      code: sourceFingerprint(entry.package.name, import.meta.url),
      worker,
      command: commandOf(entry.name, options),
      ...(options.seeds === undefined ? {} : { seeds: options.seeds }),
      ...(options.order === undefined ? {} : { dataOrder: options.order }),
      ...(options.shard === undefined ? {} : { shard: parseShard(options.shard) }),
      ...(options.minutes === undefined ? {} : { budgetSeconds: options.minutes * 60 }),
    },
  }
}

/**
 * Processes and threads of each that together use the cores once: where one is given the other is what remains of the
 * cores, at least 1; by default there is a process of one thread for each core.
 */
export function shareCores(
  cores: number,
  { processes, threads }: { readonly processes?: number; readonly threads?: number },
): { readonly processes: number; readonly threads: number } {
  const remaining = (taken: number): number => Math.max(1, Math.floor(cores / taken))
  const chosen = processes ?? remaining(threads ?? 1)
  return { processes: chosen, threads: threads ?? remaining(chosen) }
}

async function chooseBackend(name: Options['backend'], threads: number | undefined): Promise<Backend> {
  const settings = threads === undefined ? {} : { threads }
  if (name === undefined) return createBackend(settings)
  // The names are checked by createBackend, which knows what this version brings.
  return createBackend({ ...settings, backend: name as 'native' })
}

/** The command that makes these results again, with the options that change numbers. */
function commandOf(study: string, options: Options): string {
  const words = [`npm start -- ${study} --preset ${options.preset}`]
  if (options.seeds !== undefined) words.push(`--seeds ${options.seeds}`)
  if (options.backend !== undefined) words.push(`--backend ${options.backend}`)
  if (options.minutes !== undefined) words.push(`--minutes ${options.minutes}`)
  if (options.data !== undefined) words.push('--data DIR')
  if (options.order !== undefined) words.push(`--order ${options.order}`)
  return words.join(' ')
}
